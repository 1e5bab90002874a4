import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  int64,
  kind,
  list,
  object,
  quantity,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import {
  type CrossVersionObjectReference,
  crossVersionObjectReference,
  metricSpec,
  type MetricSpec,
  metricStatus,
  type MetricStatus,
} from "./metrics.ts";

export const hpaScalingPolicy = object("autoscaling.v2.HPAScalingPolicy", {
  type: string({ tag: 1, always: true, required: true }),
  value: int32({ tag: 2, always: true, required: true }),
  periodSeconds: int32({ tag: 3, always: true, required: true }),
});
export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}

export const hpaScalingRules = object("autoscaling.v2.HPAScalingRules", {
  selectPolicy: string({ tag: 1, pointer: true }),
  policies: list(struct<HPAScalingPolicy>(hpaScalingPolicy), { tag: 2, listType: "atomic" }),
  stabilizationWindowSeconds: int32({ tag: 3, pointer: true }),
  tolerance: quantity({ tag: 4, pointer: true }),
});
export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}

export const horizontalPodAutoscalerBehavior = object(
  "autoscaling.v2.HorizontalPodAutoscalerBehavior",
  {
    scaleUp: struct<HPAScalingRules>(hpaScalingRules, { tag: 1, pointer: true }),
    scaleDown: struct<HPAScalingRules>(hpaScalingRules, { tag: 2, pointer: true }),
  },
);
export interface HorizontalPodAutoscalerBehavior extends Infer<
  typeof horizontalPodAutoscalerBehavior
> {}

export const horizontalPodAutoscalerSpec = object("autoscaling.v2.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: struct<CrossVersionObjectReference>(crossVersionObjectReference, {
    tag: 1,
    always: true,
    required: true,
  }),
  minReplicas: int32({ tag: 2, pointer: true }),
  maxReplicas: int32({ tag: 3, always: true, required: true }),
  metrics: list(struct<MetricSpec>(metricSpec), { tag: 4, listType: "atomic" }),
  behavior: struct<HorizontalPodAutoscalerBehavior>(horizontalPodAutoscalerBehavior, {
    tag: 5,
    pointer: true,
  }),
});
export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}

export const horizontalPodAutoscalerCondition = object(
  "autoscaling.v2.HorizontalPodAutoscalerCondition",
  {
    type: string({ tag: 1, always: true, required: true }),
    status: string({ tag: 2, always: true, required: true }),
    lastTransitionTime: time({ tag: 3 }),
    reason: string({ tag: 4 }),
    message: string({ tag: 5 }),
  },
);
export interface HorizontalPodAutoscalerCondition extends Infer<
  typeof horizontalPodAutoscalerCondition
> {}

export const horizontalPodAutoscalerStatus = object(
  "autoscaling.v2.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: int64({ tag: 1, pointer: true }),
    lastScaleTime: time({ tag: 2, pointer: true }),
    currentReplicas: int32({ tag: 3 }),
    desiredReplicas: int32({ tag: 4, always: true, required: true }),
    currentMetrics: list(struct<MetricStatus>(metricStatus), {
      tag: 5,
      always: true,
      listType: "atomic",
    }),
    conditions: list(struct<HorizontalPodAutoscalerCondition>(horizontalPodAutoscalerCondition), {
      tag: 6,
      listType: "map",
      listMapKeys: ["type"],
      patchStrategy: "merge",
      patchMergeKey: "type",
    }),
  },
);
export interface HorizontalPodAutoscalerStatus extends Infer<
  typeof horizontalPodAutoscalerStatus
> {}

export const horizontalPodAutoscaler = kind("autoscaling.v2.HorizontalPodAutoscaler", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<HorizontalPodAutoscalerSpec>(horizontalPodAutoscalerSpec, {
    tag: 2,
    required: true,
  }),
  status: struct<HorizontalPodAutoscalerStatus>(horizontalPodAutoscalerStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  schema: horizontalPodAutoscaler,
  subresources: {
    status: {},
  },
});
