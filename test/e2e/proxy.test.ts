import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemChance } from "#base/chance.ts";
import { planRuleset } from "#proxy/plan.ts";
import { renderChanges } from "#proxy/render.ts";
import { emptyRuleset, type Ruleset } from "#proxy/ruleset.ts";
import type { ServicePort } from "#proxy/service-port.ts";
import { eventually } from "#testkit/machine.ts";

/**
 * The planned ruleset in a real kernel: a node and two pods as network namespaces on a bridge. What
 * the tracer says of a packet must be what happens to it. Needs root on Linux.
 */

const run = promisify(execFile);
const id = Buffer.from(systemChance.bytes(3)).toString("hex");
const node = `cox-n-${id}`;
const pods = [
  { name: `cox-a-${id}`, address: "10.251.0.5" },
  { name: `cox-b-${id}`, address: "10.251.0.6" },
];
const nodeIP = "198.18.1.10";
const clusterIP = "10.96.0.77";
const table = "ip cox-proxy-test";
const servers: Disposable[] = [];
let applied: Ruleset = emptyRuleset;

beforeAll(async () => {
  await run("ip", ["netns", "add", node]);
  await inside(node, "ip link set lo up");
  await inside(
    node,
    "ip link add br0 type bridge; ip address add 10.251.0.1/24 dev br0; ip link set br0 up",
  );
  await inside(
    node,
    `ip link add eth0 type veth peer name out; ip address add ${nodeIP}/24 dev eth0; ip link set eth0 up; ip link set out up; ip route add default via 198.18.1.1`,
  );
  await inside(node, "sysctl -qw net.ipv4.ip_forward=1");
  await inside(
    node,
    "modprobe br_netfilter 2>/dev/null || true; sysctl -qw net.bridge.bridge-nf-call-iptables=1",
  );
  for (const [index, { name, address }] of pods.entries()) {
    await run("ip", ["netns", "add", name]);
    await inside(node, `ip link add v${index} type veth peer name eth0 netns ${name}`);
    await inside(
      node,
      `ip link set v${index} master br0 up; bridge link set dev v${index} hairpin on`,
    );
    await inside(
      name,
      `ip link set lo up; ip address add ${address}/24 dev eth0; ip link set eth0 up`,
    );
    await inside(name, "ip route add default via 10.251.0.1");
    servers.push(serve(name));
    await eventually(() => ask(name, address, 8080));
  }
});

afterAll(async () => {
  for (const server of servers) server[Symbol.dispose]();
  for (const { name } of [...pods, { name: node }])
    await run("ip", ["netns", "delete", name]).catch(() => {});
});

test("cluster IP and node port reach every endpoint, from a pod and from the node", async () => {
  await apply([service(["10.251.0.5", "10.251.0.6"])]);
  for (const from of [pods[0]!.name, node]) {
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) seen.add(await ask(from, clusterIP, 80));
    expect([...seen].toSorted(), `from ${from}`).toEqual(pods.map(({ name }) => name));
  }
  expect(pods.map(({ name }) => name)).toContain(await ask(node, nodeIP, 30_099));
});

test("a pod reaches itself through its Service", async () => {
  await apply([service(["10.251.0.5"])]);
  expect(await ask(pods[0]!.name, clusterIP, 80)).toBe(pods[0]!.name);
});

test("with session affinity a client stays with its endpoint", async () => {
  await apply([{ ...service(["10.251.0.5", "10.251.0.6"]), affinitySeconds: 100 }]);
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) seen.add(await ask(pods[1]!.name, clusterIP, 80));
  expect(seen.size).toBe(1);
});

test("without endpoints a connection is refused, not left hanging", async () => {
  await apply([service([])]);
  for (const from of [pods[0]!.name, node]) {
    await expect(ask(from, clusterIP, 80), from).rejects.toThrow(/ECONNREFUSED/);
  }
  await expect(ask(pods[0]!.name, clusterIP, 81)).rejects.toThrow(/ECONNREFUSED/);
});

test("a Service that is gone leaves nothing in the table", async () => {
  await apply([]);
  const { stdout } = await run("ip", [
    "netns",
    "exec",
    node,
    "nft",
    "list",
    "table",
    ...table.split(" "),
  ]);
  expect(stdout).not.toMatch(/endpoint-[0-9A-F]{8}|service-[0-9A-F]{8}|affinity-/);
});

function service(addresses: string[]): ServicePort {
  const targets = addresses.map((address) => ({ address, port: 8080, local: true }));
  return {
    service: "test/web", portName: "", protocol: "tcp", port: 80, clusterIP, nodePort: 30_099,
    externalIPs: [], loadBalancerIPs: [], sourceRanges: [], affinitySeconds: 0,
    internal: targets, external: targets, externalLocal: false,
  }; // prettier-ignore
}

async function apply(ports: ServicePort[]): Promise<void> {
  const next = planRuleset(ports, { nodePortIPs: [nodeIP], podCIDRs: ["10.251.0.0/24"] });
  const { change, clean } = renderChanges(table, applied, next, applied === emptyRuleset);
  for (const commands of [change, clean]) await nft(commands);
  applied = next;
}

async function nft(commands: readonly string[]): Promise<void> {
  const child = spawn("ip", ["netns", "exec", node, "nft", "-f", "-"], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  child.stdin.end(`${commands.join("\n")}\n`);
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code, commands.join("\n")).toBe(0);
}

async function inside(namespace: string, script: string): Promise<void> {
  await run("ip", ["netns", "exec", namespace, "sh", "-ec", script]);
}

/** A server that answers each connection with the name of its namespace. */
function serve(namespace: string): Disposable {
  const code = `require("net").createServer((s) => s.end(${JSON.stringify(namespace)})).listen(8080)`;
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", code]);
  return { [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

async function ask(namespace: string, address: string, port: number): Promise<string> {
  const code = `
    const s = require("net").connect(${port}, "${address}");
    s.on("data", (d) => process.stdout.write(d));
    s.on("error", (e) => { process.stderr.write(e.message + e.code); process.exit(1); });
    s.setTimeout(3000, () => { process.stderr.write("timed out"); process.exit(1); });`;
  const { stdout } = await run("ip", ["netns", "exec", namespace, process.execPath, "-e", code]);
  return stdout;
}
