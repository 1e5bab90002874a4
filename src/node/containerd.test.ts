import { expect, test } from "vitest";
import { type ContainerdOptions, parseVersion, renderContainerdConfig } from "./containerd.ts";

const options: ContainerdOptions = {
  version: "1.6.20~ds1",
  root: "/data/containerd/root",
  state: "/run/x/containerd",
  socket: "/run/x/containerd.sock",
  sandboxImage: "registry.local/coxswain/pause:1",
  cniBinDir: "/usr/lib/cni",
  cniConfDir: "/data/cni/net.d",
  registryConfigDir: "/data/containerd/certs.d",
  systemdCgroup: false,
  restrictOomScoreAdj: true,
  runtimeBinary: "runc",
};

/** The settings of one table of a configuration text. */
function settingsOf(text: string, table: string): string[] {
  const lines = text.split("\n");
  const start = table === "" ? -1 : lines.indexOf(`[${table}]`);
  const rest = lines.slice(start + 1);
  return rest.slice(0, rest.indexOf(""));
}

test("containerd 1.x is configured in version 2 of the format", () => {
  const text = renderContainerdConfig(options);
  expect(settingsOf(text, "")).toContain("version = 2");
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  expect(settingsOf(text, cri)).toEqual([
    'sandbox_image = "registry.local/coxswain/pause:1"',
    "disable_tcp_service = true",
    'stream_server_address = "127.0.0.1"',
    'stream_server_port = "0"',
    "restrict_oom_score_adj = true",
    "enable_unprivileged_ports = true",
    "enable_unprivileged_icmp = true",
    "netns_mounts_under_state_dir = true",
    "tolerate_missing_hugetlb_controller = true",
  ]);
  expect(settingsOf(text, `${cri}.cni`)).toContain('bin_dir = "/usr/lib/cni"');
  expect(settingsOf(text, `${cri}.registry`)).toEqual(['config_path = "/data/containerd/certs.d"']);
  expect(settingsOf(text, `${cri}.containerd.runtimes.runc.options`)).toEqual([
    'BinaryName = "runc"',
    'Root = "/run/x/containerd/runc"',
    "SystemdCgroup = false",
  ]);
});

test.each([
  ["2.0.5", 'bin_dir = "/usr/lib/cni"'],
  ["v2.1.9+unknown", 'bin_dirs = ["/usr/lib/cni"]'],
])("containerd %s is configured in version 3, its CNI folder by %s", (version, binDir) => {
  const text = renderContainerdConfig({ ...options, version, systemdCgroup: true });
  expect(settingsOf(text, "")).toContain("version = 3");
  const runtime = `plugins."io.containerd.cri.v1.runtime"`;
  const images = `plugins."io.containerd.cri.v1.images"`;
  expect(settingsOf(text, `${runtime}.cni`)).toContain(binDir);
  expect(settingsOf(text, `${runtime}.containerd.runtimes.runc.options`)).toContain(
    "SystemdCgroup = true",
  );
  expect(settingsOf(text, `${images}.pinned_images`)).toEqual([
    'sandbox = "registry.local/coxswain/pause:1"',
  ]);
});

test("versions are found in all the ways they are written", () => {
  expect(parseVersion("1.6.20~ds1")).toEqual([1, 6]);
  expect(parseVersion("v2.1.9+unknown")).toEqual([2, 1]);
  expect(parseVersion("none")).toEqual([]);
});
