import { expect, test } from "vitest";
import { planRuleset } from "./plan.ts";
import { renderChanges } from "./render.ts";
import { emptyRuleset } from "./ruleset.ts";
import type { ServicePort } from "./service-port.ts";
import { staleFlows } from "./stale-flows.ts";
import { trace } from "./trace.ts";

const nodeIP = "192.0.2.1";
const podIP = "10.244.0.4";
const node = { nodePortIPs: [nodeIP], podCIDRs: ["10.244.0.0/24"] };

function target(address: string, local = true) {
  return { address, port: 8080, local };
}

function service(more: Partial<ServicePort> = {}): ServicePort {
  const targets = [target("10.244.0.5"), target("10.244.1.6", false)];
  return {
    service: "shop/web", portName: "http", protocol: "tcp", port: 80, clusterIP: "10.96.0.7",
    nodePort: 30080, externalIPs: [], loadBalancerIPs: [], sourceRanges: [], affinitySeconds: 0,
    internal: targets, external: targets, externalLocal: false, ...more,
  }; // prettier-ignore
}

const both = ["10.244.0.5:8080", "10.244.1.6:8080"];

test.each([
  [
    "a pod reaches the cluster IP, keeping its source",
    { from: podIP, to: "10.96.0.7", port: 80 },
    { dnat: both, masquerade: false },
  ],
  [
    "the node itself is masqueraded",
    { from: nodeIP, to: "10.96.0.7", port: 80, fromNode: true },
    { dnat: both, masquerade: true },
  ],
  [
    "outsiders reach the node port, masqueraded",
    { from: "198.51.100.9", to: nodeIP, port: 30080 },
    { dnat: both, masquerade: true },
  ],
  [
    "a port that the Service does not have is refused",
    { from: podIP, to: "10.96.0.7", port: 81 },
    { verdict: "reject" },
  ],
  [
    "UDP to a TCP port is refused",
    { from: podIP, to: "10.96.0.7", port: 80, protocol: "udp" },
    { verdict: "reject" },
  ],
  [
    "other traffic passes",
    { from: podIP, to: "203.0.113.5", port: 443 },
    { verdict: "accept", dnat: [] },
  ],
  [
    "another port of the node passes",
    { from: podIP, to: nodeIP, port: 22 },
    { verdict: "accept", dnat: [] },
  ],
])("%s", (_what, packet, expected) => {
  const rules = planRuleset([service()], node);
  expect(trace(rules, { ...packet, nodeAddresses: [nodeIP] })).toMatchObject(expected);
});

test("a pod that reaches itself through its Service is masqueraded", () => {
  const only = [target("10.244.0.5")];
  const rules = planRuleset([service({ internal: only, external: only })], node);
  expect(trace(rules, { from: "10.244.0.5", to: "10.96.0.7", port: 80 }).masquerade).toBe(true);
});

test("without endpoints, cluster IP and node port refuse at once", () => {
  const rules = planRuleset([service({ internal: [], external: [] })], node);
  const go = (to: string, port: number) =>
    trace(rules, { from: podIP, to, port, nodeAddresses: [nodeIP] }).verdict;
  expect([go("10.96.0.7", 80), go(nodeIP, 30080)]).toEqual(["reject", "reject"]);
});

test("externalTrafficPolicy Local keeps outsiders' sources and uses local endpoints only", () => {
  const local = [target("10.244.0.5")];
  const rules = planRuleset([service({ external: local, externalLocal: true })], node);
  const go = (from: string) =>
    trace(rules, { from, to: nodeIP, port: 30080, nodeAddresses: [nodeIP] });
  expect(go("198.51.100.9")).toMatchObject({ dnat: ["10.244.0.5:8080"], masquerade: false });
  expect(go(podIP).dnat).toEqual(both);
});

test("externalTrafficPolicy Local without a local endpoint drops outsiders, not pods", () => {
  const rules = planRuleset([service({ external: [], externalLocal: true })], node);
  const go = (from: string) =>
    trace(rules, { from, to: nodeIP, port: 30080, nodeAddresses: [nodeIP] });
  expect(go(podIP).dnat).toEqual(both);
  expect(go("198.51.100.9").dnat).toEqual([]);
});

test("source ranges guard the load balancer's address", () => {
  const rules = planRuleset(
    [service({ loadBalancerIPs: ["203.0.113.10"], sourceRanges: ["198.51.100.0/24"] })],
    node,
  );
  const go = (from: string) => trace(rules, { from, to: "203.0.113.10", port: 80 }).dnat;
  expect(go("198.51.100.9")).toEqual(both);
  expect(go("192.0.2.200")).toEqual([]);
});

test("a new endpoint touches its own chain and its Service's, nothing else", () => {
  const other = service({ service: "shop/db", clusterIP: "10.96.0.8", port: 5432, nodePort: 0 });
  const before = planRuleset([service({ nodePort: 0 }), other], node);
  const more = [...service().internal, target("10.244.0.7")];
  const after = planRuleset(
    [service({ nodePort: 0, internal: more, external: more }), other],
    node,
  );
  const { change, clean } = renderChanges("ip t", before, after, false);
  const chains = new Set(change.slice(1).map((line) => line.split(" ")[4]));
  const touched = [...chains].map((name) => name?.replace(/-[0-9A-F]{8}-/, "-"));
  expect(touched.toSorted()).toEqual([
    "endpoint-shop/web/tcp/http__10.244.0.7/8080",
    "service-shop/web/tcp/http",
  ]);
  expect(clean).toEqual([]);
});

test("nothing changed is nothing to do", () => {
  const rules = planRuleset([service()], node);
  expect(renderChanges("ip t", rules, planRuleset([service()], node), false)).toEqual({
    change: [],
    clean: [],
  });
});

test("the first ruleset replaces whatever the table held", () => {
  const { change } = renderChanges("ip t", emptyRuleset, planRuleset([], node), true);
  expect(change.slice(0, 3)).toEqual(["add table ip t", "delete table ip t", "add table ip t"]);
});

test("UDP flows to endpoints that are gone are forgotten, and those that went nowhere", () => {
  const udp = service({ protocol: "udp", nodePort: 0, internal: [target("10.244.0.5")] });
  const none = { ...udp, internal: [] };
  expect(staleFlows([udp], [none])).toEqual([
    { address: "10.96.0.7", port: 80, target: "10.244.0.5" },
  ]);
  expect(staleFlows([none], [udp])).toEqual([{ address: "10.96.0.7", port: 80 }]);
  expect(staleFlows([udp], [udp])).toEqual([]);
});
