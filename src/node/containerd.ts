/**
 * containerd's configuration, for the versions that Debian ships: 1.6 and 1.7 read version 2 of
 * the file format, 2.x reads version 3. Everything of ours lies in folders of ours, so that a
 * containerd that the machine runs for itself is never touched.
 */

export interface ContainerdOptions {
  /** As `containerd --version` says, such as `1.6.20~ds1`. */
  readonly version: string;
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  /** Folder of per-registry settings (`<host>/hosts.toml`). */
  readonly registryConfigDir: string;
  readonly systemdCgroup: boolean;
  /** Set where this process may not lower its own oom_score_adj: pod sandboxes then keep it. */
  readonly restrictOomScoreAdj: boolean;
  /** Path or name of the program that starts one container: runc or crun. */
  readonly runtimeBinary: string;
}

/** Where the low-level runtime keeps one file per container; below containerd's state folder. */
const runtimeRoot = (state: string): string => `${state}/runc`;

/** Snapshotters and services that a pod node never uses; each costs start-up time. */
const unusedPlugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
];

/** The text of `config.toml`. Pure. */
export function renderContainerdConfig(options: ContainerdOptions): string {
  const [major = 1, minor = 6] = parseVersion(options.version);
  const head = {
    version: major >= 2 ? 3 : 2,
    root: options.root,
    state: options.state,
    disabled_plugins: unusedPlugins,
  };
  const tables = major >= 2 ? version3(options, minor) : version2(options);
  return [
    ...lines(head),
    ...table("grpc", { address: options.socket, uid: 0, gid: 0 }),
    ...table("debug", { level: "warn" }),
    ...tables,
    "",
  ].join("\n");
}

/** Major and minor number of a version text such as `v2.1.9` or `1.6.20~ds1`. */
export function parseVersion(text: string): [major: number, minor: number] | [] {
  const found = /(\d+)\.(\d+)/.exec(text);
  return found ? [Number(found[1]), Number(found[2])] : [];
}

function version2(options: ContainerdOptions): string[] {
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return [
    ...table(cri, {
      sandbox_image: options.sandboxImage,
      ...streaming,
      ...runtimeSettings(options),
    }),
    ...table(`${cri}.containerd`, { snapshotter: "overlayfs", default_runtime_name: "runc" }),
    ...runtime(`${cri}.containerd.runtimes.runc`, options),
    ...table(`${cri}.cni`, {
      bin_dir: options.cniBinDir,
      conf_dir: options.cniConfDir,
      max_conf_num: 1,
    }),
    ...table(`${cri}.registry`, { config_path: options.registryConfigDir }),
  ];
}

function version3(options: ContainerdOptions, minor: number): string[] {
  const images = `plugins."io.containerd.cri.v1.images"`;
  const cri = `plugins."io.containerd.cri.v1.runtime"`;
  const binDir = minor >= 1 ? { bin_dirs: [options.cniBinDir] } : { bin_dir: options.cniBinDir };
  return [
    ...table(images, { snapshotter: "overlayfs" }),
    ...table(`${images}.pinned_images`, { sandbox: options.sandboxImage }),
    ...table(`${images}.registry`, { config_path: options.registryConfigDir }),
    ...table(cri, runtimeSettings(options)),
    ...table(`${cri}.containerd`, { default_runtime_name: "runc" }),
    ...runtime(`${cri}.containerd.runtimes.runc`, options),
    ...table(`${cri}.cni`, { ...binDir, conf_dir: options.cniConfDir, max_conf_num: 1 }),
    ...table(`plugins."io.containerd.grpc.v1.cri"`, streaming),
  ];
}

/** exec, attach and port-forward streams are asked for by the kubelet on this machine only. */
const streaming = {
  disable_tcp_service: true,
  stream_server_address: "127.0.0.1",
  stream_server_port: "0",
};

function runtimeSettings(options: ContainerdOptions): Settings {
  return {
    restrict_oom_score_adj: options.restrictOomScoreAdj,
    // containers may bind port 80 and send pings as any user, as in containerd 2.x
    enable_unprivileged_ports: true,
    enable_unprivileged_icmp: true,
    // below `state`, where a purge finds them
    netns_mounts_under_state_dir: true,
    tolerate_missing_hugetlb_controller: true,
  };
}

function runtime(name: string, options: ContainerdOptions): string[] {
  return [
    ...table(name, { runtime_type: "io.containerd.runc.v2" }),
    ...table(`${name}.options`, {
      BinaryName: options.runtimeBinary,
      Root: runtimeRoot(options.state),
      SystemdCgroup: options.systemdCgroup,
    }),
  ];
}

type Settings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

function table(name: string, settings: Settings): string[] {
  return ["", `[${name}]`, ...lines(settings)];
}

/** JSON's strings, numbers, booleans and arrays of strings are TOML's, too. */
function lines(settings: Settings): string[] {
  return Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
}
