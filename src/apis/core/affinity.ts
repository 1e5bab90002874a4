import { type Infer, int32, list, object, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const nodeSelectorRequirement = object("core.v1.NodeSelectorRequirement", {
  key: string({ tag: 1, always: true, required: true }),
  operator: string({
    tag: 2,
    always: true,
    required: true,
    enum: ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"],
  }),
  values: list(string(), { tag: 3, listType: "atomic" }),
});
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = object(
  "core.v1.NodeSelectorTerm",
  {
    matchExpressions: list(struct<NodeSelectorRequirement>(nodeSelectorRequirement), {
      tag: 1,
      listType: "atomic",
    }),
    matchFields: list(struct<NodeSelectorRequirement>(nodeSelectorRequirement), {
      tag: 2,
      listType: "atomic",
    }),
  },
  { mapType: "atomic" },
);
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const preferredSchedulingTerm = object("core.v1.PreferredSchedulingTerm", {
  weight: int32({ tag: 1, always: true, required: true }),
  preference: struct<NodeSelectorTerm>(nodeSelectorTerm, { tag: 2, always: true, required: true }),
});
export interface PreferredSchedulingTerm extends Infer<typeof preferredSchedulingTerm> {}

export const nodeSelector = object(
  "core.v1.NodeSelector",
  {
    nodeSelectorTerms: list(struct<NodeSelectorTerm>(nodeSelectorTerm), {
      tag: 1,
      always: true,
      required: true,
      listType: "atomic",
    }),
  },
  { mapType: "atomic" },
);
export interface NodeSelector extends Infer<typeof nodeSelector> {}

export const nodeAffinity = object("core.v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: struct<NodeSelector>(nodeSelector, {
    tag: 1,
    pointer: true,
  }),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    struct<PreferredSchedulingTerm>(preferredSchedulingTerm),
    { tag: 2, listType: "atomic" },
  ),
});
export interface NodeAffinity extends Infer<typeof nodeAffinity> {}

export const podAffinityTerm = object("core.v1.PodAffinityTerm", {
  labelSelector: struct<LabelSelector>(labelSelector, { tag: 1, pointer: true }),
  namespaces: list(string(), { tag: 2, listType: "atomic" }),
  topologyKey: string({ tag: 3, always: true, required: true }),
  namespaceSelector: struct<LabelSelector>(labelSelector, { tag: 4, pointer: true }),
  matchLabelKeys: list(string(), { tag: 5, listType: "atomic" }),
  mismatchLabelKeys: list(string(), { tag: 6, listType: "atomic" }),
});
export interface PodAffinityTerm extends Infer<typeof podAffinityTerm> {}

export const weightedPodAffinityTerm = object("core.v1.WeightedPodAffinityTerm", {
  weight: int32({ tag: 1, always: true, required: true }),
  podAffinityTerm: struct<PodAffinityTerm>(podAffinityTerm, {
    tag: 2,
    always: true,
    required: true,
  }),
});
export interface WeightedPodAffinityTerm extends Infer<typeof weightedPodAffinityTerm> {}

export const podAffinity = object("core.v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(struct<PodAffinityTerm>(podAffinityTerm), {
    tag: 1,
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    struct<WeightedPodAffinityTerm>(weightedPodAffinityTerm),
    { tag: 2, listType: "atomic" },
  ),
});
export interface PodAffinity extends Infer<typeof podAffinity> {}

export const podAntiAffinity = object("core.v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(struct<PodAffinityTerm>(podAffinityTerm), {
    tag: 1,
    listType: "atomic",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: list(
    struct<WeightedPodAffinityTerm>(weightedPodAffinityTerm),
    { tag: 2, listType: "atomic" },
  ),
});
export interface PodAntiAffinity extends Infer<typeof podAntiAffinity> {}

export const affinity = object("core.v1.Affinity", {
  nodeAffinity: struct<NodeAffinity>(nodeAffinity, { tag: 1, pointer: true }),
  podAffinity: struct<PodAffinity>(podAffinity, { tag: 2, pointer: true }),
  podAntiAffinity: struct<PodAntiAffinity>(podAntiAffinity, { tag: 3, pointer: true }),
});
export interface Affinity extends Infer<typeof affinity> {}
