import { expect, test } from "vitest";
import { nodeOf, podOf } from "#testkit/objects.ts";
import { planPodGarbage } from "./plan.ts";

test("takes pods of nodes that are gone, and unbound pods that are deleted", () => {
  const pods = [
    podOf({ name: "fine", node: "n1" }),
    podOf({ name: "orphan", node: "gone" }),
    podOf({ name: "unbound", deleted: true }),
    podOf({ name: "waiting" }),
    podOf({ name: "going", node: "n1", deleted: true }),
  ];
  const nodes = new Map([["n1", nodeOf("n1", { Ready: "True" })]]);
  const garbage = planPodGarbage(pods, nodes, new Set(["gone"]));
  expect(garbage.map(({ pod, disruption }) => [pod.metadata.name, disruption?.message])).toEqual([
    ["orphan", "PodGC: node no longer exists"],
    ["unbound", undefined],
  ]);
});
