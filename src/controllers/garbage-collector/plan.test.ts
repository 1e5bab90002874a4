import { expect, test } from "vitest";
import type { KubeObject } from "#machinery/meta.ts";
import { judge, type OwnerState } from "./plan.ts";

interface Case {
  owners: OwnerState[];
  dependents?: boolean;
  metadata?: object;
  verdict: string;
}

const cases: Case[] = [
  { owners: [], verdict: "nothing" },
  { owners: ["solid"], verdict: "nothing" },
  { owners: ["solid", "absent"], verdict: "disown keep 0" },
  { owners: ["waiting", "solid"], verdict: "disown keep 1" },
  { owners: ["absent"], verdict: "delete Background" },
  { owners: ["absent", "absent"], verdict: "delete Background" },
  { owners: ["waiting"], verdict: "delete Background" },
  { owners: ["waiting"], dependents: true, verdict: "delete Foreground" },
  { owners: ["absent"], dependents: true, verdict: "delete Background" },
  { owners: ["absent"], metadata: { finalizers: ["orphan"] }, verdict: "delete Orphan" },
  {
    owners: ["absent"],
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    verdict: "nothing",
  },
];

test.each(cases)("owners $owners, dependents $dependents: $verdict", (c) => {
  const ownerReferences = c.owners.map((_, index) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    name: "o",
    uid: String(index),
  }));
  const object = { metadata: { name: "x", ownerReferences, ...c.metadata } } as KubeObject;
  const stateOf = ({ uid }: { uid: string }) => c.owners[Number(uid)]!;
  const verdict = judge(object, stateOf, c.dependents ?? false);
  const told =
    verdict.do === "disown"
      ? `disown keep ${verdict.keep.map(({ uid }) => uid).join()}`
      : verdict.do === "delete"
        ? `delete ${verdict.propagation}`
        : verdict.do;
  expect(told).toBe(c.verdict);
});
