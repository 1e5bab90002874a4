import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  int64,
  intOrString,
  kind,
  list,
  map,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { type Condition, condition } from "../meta/condition.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const podDisruptionBudgetSpec = object("policy.v1.PodDisruptionBudgetSpec", {
  minAvailable: intOrString({ tag: 1, pointer: true }),
  selector: struct<LabelSelector>(labelSelector, {
    tag: 2,
    pointer: true,
    patchStrategy: "replace",
  }),
  maxUnavailable: intOrString({ tag: 3, pointer: true }),
  unhealthyPodEvictionPolicy: string({
    tag: 4,
    pointer: true,
    enum: ["AlwaysAllow", "IfHealthyBudget"],
  }),
});
export interface PodDisruptionBudgetSpec extends Infer<typeof podDisruptionBudgetSpec> {}

export const podDisruptionBudgetStatus = object("policy.v1.PodDisruptionBudgetStatus", {
  observedGeneration: int64({ tag: 1 }),
  disruptedPods: map(time(), { tag: 2 }),
  disruptionsAllowed: int32({ tag: 3, always: true }),
  currentHealthy: int32({ tag: 4, always: true }),
  desiredHealthy: int32({ tag: 5, always: true }),
  expectedPods: int32({ tag: 6, always: true }),
  conditions: list(struct<Condition>(condition), {
    tag: 7,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface PodDisruptionBudgetStatus extends Infer<typeof podDisruptionBudgetStatus> {}

export const podDisruptionBudget = kind("policy.v1.PodDisruptionBudget", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<PodDisruptionBudgetSpec>(podDisruptionBudgetSpec, { tag: 2 }),
  status: struct<PodDisruptionBudgetStatus>(podDisruptionBudgetStatus, { tag: 3, optional: true }),
});
export interface PodDisruptionBudget extends Infer<typeof podDisruptionBudget> {}

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  namespaced: true,
  schema: podDisruptionBudget,
  subresources: {
    status: {},
  },
});
