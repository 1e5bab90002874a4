import { expect, test } from "vitest";
import { cniConfList, findCniPlugins } from "./cni.ts";
import { egressRules } from "./egress.ts";
import { defaultRouteInterface } from "./facts.ts";
import { importedReferences } from "./images/import.ts";
import { missingRequirements, nodeRequirements } from "./packages.ts";
import { nodePaths } from "./paths.ts";
import { mountsBelow, onlyPortmap } from "./purge.ts";
import { planSettings } from "./sysctl.ts";

test("only packages that nothing proves present are installed", () => {
  const there = new Set(["containerd", "crun", "/opt/cni/bin/bridge", "ip", "umount", "modprobe"]);
  const missing = missingRequirements(nodeRequirements, (proof) => there.has(proof));
  expect(missing.map((requirement) => requirement.package)).toEqual(["nftables", "conntrack"]);
});

test("kernel settings are changed where they differ, larger limits are kept", () => {
  const found = new Map([
    ["net/ipv4/ip_forward", 0],
    ["fs/inotify/max_user_instances", 10_000],
  ]);
  const wanted = [
    { name: "net/ipv4/ip_forward", value: 1 },
    { name: "fs/inotify/max_user_instances", value: 8192, atLeast: true },
    { name: "net/bridge/bridge-nf-call-iptables", value: 1 },
  ];
  expect(planSettings(wanted, (name) => found.get(name))).toEqual([
    { name: "net/ipv4/ip_forward", from: 0, to: 1 },
  ]);
});

test("CNI plug-ins are found in Debian's folder or upstream's", () => {
  expect(findCniPlugins((path) => path === "/opt/cni/bin/bridge")).toBe("/opt/cni/bin");
  expect(() => findCniPlugins(() => false)).toThrow("no CNI plug-ins in /usr/lib/cni");
});

test("the pods' network is a hairpin bridge with host ports", () => {
  const list = cniConfList({ bridge: "cox0", podCIDR: "10.244.0.0/24", dataDir: "/d", mtu: 1400 });
  expect(list).toMatchObject({
    name: "cox0",
    plugins: [
      {
        type: "bridge",
        hairpinMode: true,
        ipMasq: false,
        mtu: 1400,
        ipam: { type: "host-local", dataDir: "/d", ranges: [[{ subnet: "10.244.0.0/24" }]] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
});

test("traffic among pods keeps its addresses, what leaves takes the node's", () => {
  const rules = egressRules({ table: "coxswain-node", bridge: "cox0", podCIDR: "10.244.0.0/16" });
  expect(rules).toContain(
    'ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 ip daddr != 224.0.0.0/4 oifname != "cox0"',
  );
});

test("the default route with the lowest metric names the node's interface", () => {
  const routes = [
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT",
    "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
    "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
  ].join("\n");
  expect(defaultRouteInterface(routes)).toBe("eth0");
  expect(defaultRouteInterface("Iface\tDestination\n")).toBeUndefined();
});

test("two instances share neither bridge nor table nor control group", () => {
  const usual = nodePaths("/var/lib/coxswain");
  expect([usual.runDir, usual.bridge, usual.cgroup]).toEqual(["/run/coxswain", "cox0", "coxswain"]);
  const [one, two] = [nodePaths("/tmp/a"), nodePaths("/tmp/b")];
  expect(one.bridge).not.toBe(two.bridge);
  expect(one.bridge.length).toBeLessThanOrEqual(15); // the kernel's limit
  expect(one.containerdSocket).toBe("/tmp/a/run/containerd.sock");
  const deep = nodePaths(`/tmp/${"deep/".repeat(20)}`);
  expect(`${deep.containerdSocket}.ttrpc`.length).toBeLessThan(107); // a socket's path
});

test("mounts are found innermost first, whatever their names", () => {
  const mountinfo = [
    "21 1 252:0 / / rw - ext4 /dev/vda rw",
    "40 21 0:40 / /run/x rw - tmpfs tmpfs rw",
    "41 40 0:41 / /run/x/a\\040b rw - tmpfs tmpfs rw",
    "42 21 0:42 / /run/xy rw - tmpfs tmpfs rw",
  ].join("\n");
  expect(mountsBelow(mountinfo, ["/run/x"])).toEqual(["/run/x/a b", "/run/x"]);
});

test("a nat table is removed only if the portmap plug-in alone filled it", () => {
  const chains = (...rules: string[]) => `table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		${rules.join("\n		")}
	}
	chain CNI-HOSTPORT-DNAT {
	}
}`;
  expect(onlyPortmap(chains("fib daddr type local counter jump CNI-HOSTPORT-DNAT"))).toBe(true);
  expect(onlyPortmap(chains("fib daddr type local counter jump DOCKER"))).toBe(false);
  expect(onlyPortmap(chains("ip daddr 10.0.0.1 counter dnat to 10.0.0.2"))).toBe(false);
});

test("imported references are read from the words of containerd 1.x and 2.x", () => {
  const first = "unpacking registry.local/a/b:1 (sha256:0123)...done\n";
  const second =
    "registry.local/a/b:1   \tsaved\t\napplication/vnd.oci sha256:0123\nImporting\telapsed\n";
  expect(importedReferences(first)).toEqual(["registry.local/a/b:1"]);
  expect(importedReferences(second)).toEqual(["registry.local/a/b:1"]);
});
