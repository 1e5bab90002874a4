import {
  type Infer,
  int32,
  int64,
  list,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const podReadinessGate = object("core.v1.PodReadinessGate", {
  conditionType: string({ tag: 1, always: true, required: true }),
});
export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}

export const podResourceClaim = object("core.v1.PodResourceClaim", {
  name: string({ tag: 1, always: true, required: true }),
  resourceClaimName: string({ tag: 3, pointer: true }),
  resourceClaimTemplateName: string({ tag: 4, pointer: true }),
});
export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}

export const podSchedulingGate = object("core.v1.PodSchedulingGate", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}

export const podSchedulingGroup = object(
  "core.v1.PodSchedulingGroup",
  {
    podGroupName: string({ tag: 1, pointer: true }),
  },
  { unions: [{ fields: { podGroupName: "PodGroupName" } }] },
);
export interface PodSchedulingGroup extends Infer<typeof podSchedulingGroup> {}

export const toleration = object("core.v1.Toleration", {
  key: string({ tag: 1 }),
  operator: string({ tag: 2, enum: ["Equal", "Exists", "Gt", "Lt"] }),
  value: string({ tag: 3 }),
  effect: string({ tag: 4, enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"] }),
  tolerationSeconds: int64({ tag: 5, pointer: true }),
});
export interface Toleration extends Infer<typeof toleration> {}

export const topologySpreadConstraint = object("core.v1.TopologySpreadConstraint", {
  maxSkew: int32({ tag: 1, always: true, required: true }),
  topologyKey: string({ tag: 2, always: true, required: true }),
  whenUnsatisfiable: string({
    tag: 3,
    always: true,
    required: true,
    enum: ["DoNotSchedule", "ScheduleAnyway"],
  }),
  labelSelector: struct<LabelSelector>(labelSelector, { tag: 4, pointer: true }),
  minDomains: int32({ tag: 5, pointer: true }),
  nodeAffinityPolicy: string({ tag: 6, pointer: true, enum: ["Honor", "Ignore"] }),
  nodeTaintsPolicy: string({ tag: 7, pointer: true, enum: ["Honor", "Ignore"] }),
  matchLabelKeys: list(string(), { tag: 8, listType: "atomic" }),
});
export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}
