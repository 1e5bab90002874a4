import { expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import { enoughNodes, schedule } from "./cycle.ts";
import { noNodeFits } from "./messages.ts";
import { podInfo } from "./pod-info.ts";
import { defaultProfile } from "./plugins/all.ts";
import { planPreemption } from "./preemption.ts";
import { type OtherObjects, Snapshot } from "./snapshot.ts";

const nothingElse: OtherObjects = {
  namespaceLabels: () => ({}),
  claim: () => undefined,
  volume: () => undefined,
  storageClass: () => undefined,
  workloadSelector: () => undefined,
};

function node(name: string, more: { labels?: object; spec?: object; cpu?: string } = {}): Node {
  const labels = { "kubernetes.io/hostname": name, ...more.labels };
  const allocatable = { cpu: more.cpu ?? "4", memory: "8Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: { ...more.spec },
    status: { allocatable },
  } as unknown as Node;
}

let uids = 0;
function pod(name: string, spec: object = {}, more: object = {}): Pod {
  const containers = [{ name: "c", image: "x", resources: {} }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${++uids}`, ...more },
    spec: { containers, ...spec },
  };
}

function requesting(cpu: string): object {
  return { containers: [{ name: "c", image: "x", resources: { requests: { cpu } } }] };
}

function cluster(nodes: Node[], placed: Pod[] = []): Snapshot {
  const snapshot = new Snapshot(nothingElse);
  for (const one of nodes) snapshot.setNode(one);
  for (const one of placed) snapshot.setPod(one);
  return snapshot;
}

function place(snapshot: Snapshot, incoming: Pod): string {
  const info = podInfo(incoming);
  const options = { chance: seededChance(1), startAt: 0 };
  const outcome = schedule(defaultProfile, info, snapshot, options);
  if (outcome.fits) return outcome.node;
  const { rejections, everywhere } = outcome;
  const planned = planPreemption({
    profile: defaultProfile,
    pod: info,
    snapshot,
    rejections,
    budgets: [],
  });
  if (planned.do === "preempt") {
    const { node: from, victims } = planned.preemption;
    return `preempts ${victims.map((victim) => victim.pod.metadata.name).join(",")} on ${from}`;
  }
  const afterwards = everywhere ? "not found" : planned.why;
  const nodes = snapshot.nodes.length;
  return noNodeFits({ nodes, rejections: rejections.values(), everywhere, afterwards });
}

const notHelpful = (nodes: number) =>
  `preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;

test.each([
  ["cordoned", node("a", { spec: { unschedulable: true } }), {}, "1 node(s) were unschedulable."],
  [
    "tainted",
    node("a", { spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } }),
    {},
    "1 node(s) had untolerated taint(s).",
  ],
  [
    "selected by a label it lacks",
    node("a"),
    { nodeSelector: { disk: "ssd" } },
    "1 node(s) didn't match Pod's node affinity/selector.",
  ],
  ["too small", node("a", { cpu: "1" }), requesting("2"), "1 Insufficient cpu."],
])("a node that is %s is refused in upstream's words", (_why, only, spec, reason) => {
  const told = place(cluster([only]), pod("p", spec));
  expect(told).toBe(`0/1 nodes are available: ${reason} ${notHelpful(1)}`);
});

test("a pod goes where most is left", () => {
  const busy = pod("busy", { ...requesting("3"), nodeName: "a" });
  expect(place(cluster([node("a"), node("b")], [busy]), pod("p", requesting("1")))).toBe("b");
});

test("a missing claim is told for all nodes at once", () => {
  const spec = { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "nope" } }] };
  const told = `0/1 nodes are available: persistentvolumeclaim "nope" not found. not found`;
  expect(place(cluster([node("a")]), pod("p", spec))).toBe(told);
});

test("a taken host port is free once a pod of lower priority goes", () => {
  const ports = {
    containers: [
      { name: "c", image: "x", resources: {}, ports: [{ containerPort: 80, hostPort: 80 }] },
    ],
  };
  const low = pod("low", { ...ports, nodeName: "a", priority: -1 });
  expect(place(cluster([node("a")], [low]), pod("p", { ...ports, priority: 1 }))).toBe(
    "preempts low on a",
  );
});

test("preemption takes as few and as unimportant pods as it can", () => {
  const placed = [
    pod("important", { ...requesting("2"), nodeName: "a", priority: 5 }),
    pod("small", { ...requesting("1"), nodeName: "a", priority: 1 }),
    pod("tiny", { ...requesting("500m"), nodeName: "a", priority: 1 }),
  ];
  expect(place(cluster([node("a")], placed), pod("p", { ...requesting("1"), priority: 9 }))).toBe(
    "preempts tiny on a",
  );
});

test("preemptionPolicy Never takes from nobody", () => {
  const low = pod("low", { ...requesting("3"), nodeName: "a", priority: 0 });
  const told = place(
    cluster([node("a")], [low]),
    pod("p", { ...requesting("2"), priority: 9, preemptionPolicy: "Never" }),
  );
  expect(told).toBe(
    "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
  );
});

test("anti-affinity keeps two of a kind apart", () => {
  const antiAffinity = {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } },
        ],
      },
    },
  };
  const labels = { labels: { app: "x" } };
  const first = pod("first", { ...antiAffinity, nodeName: "a" }, labels);
  const nodes = [node("a"), node("b")];
  expect(place(cluster(nodes, [first]), pod("p", {}, labels))).toBe("b");
  expect(place(cluster([node("a")], [first]), pod("p", {}, labels))).toContain(
    "1 node(s) didn't satisfy existing pods anti-affinity rules.",
  );
});

test("hard spread constraints bound the skew", () => {
  const labels = { labels: { app: "x" } };
  const topologySpreadConstraints = [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "x" } },
    },
  ];
  const nodes = [node("a", { labels: { zone: "1" } }), node("b", { labels: { zone: "2" } })];
  const first = pod("first", { nodeName: "a" }, labels);
  expect(place(cluster(nodes, [first]), pod("p", { topologySpreadConstraints }, labels))).toBe("b");
});

test.each([
  [50, 50],
  [100, 100],
  [1_000, 420],
  [5_000, 500],
  [6_000, 300],
])("of %i nodes %i are enough to choose from", (nodes, enough) => {
  expect(enoughNodes(nodes)).toBe(enough);
});
