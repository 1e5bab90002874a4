import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  int64,
  kind,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const crossVersionObjectReferenceV1 = object(
  "autoscaling.v1.CrossVersionObjectReference",
  {
    kind: string({ tag: 1, always: true, required: true }),
    name: string({ tag: 2, always: true, required: true }),
    apiVersion: string({ tag: 3 }),
  },
  { mapType: "atomic" },
);
export interface CrossVersionObjectReferenceV1 extends Infer<
  typeof crossVersionObjectReferenceV1
> {}

export const horizontalPodAutoscalerSpecV1 = object("autoscaling.v1.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: struct<CrossVersionObjectReferenceV1>(crossVersionObjectReferenceV1, {
    tag: 1,
    always: true,
    required: true,
  }),
  minReplicas: int32({ tag: 2, pointer: true }),
  maxReplicas: int32({ tag: 3, always: true, required: true }),
  targetCPUUtilizationPercentage: int32({ tag: 4, pointer: true }),
});
export interface HorizontalPodAutoscalerSpecV1 extends Infer<
  typeof horizontalPodAutoscalerSpecV1
> {}

export const horizontalPodAutoscalerStatusV1 = object(
  "autoscaling.v1.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: int64({ tag: 1, pointer: true }),
    lastScaleTime: time({ tag: 2, pointer: true }),
    currentReplicas: int32({ tag: 3, always: true, required: true }),
    desiredReplicas: int32({ tag: 4, always: true, required: true }),
    currentCPUUtilizationPercentage: int32({ tag: 5, pointer: true }),
  },
);
export interface HorizontalPodAutoscalerStatusV1 extends Infer<
  typeof horizontalPodAutoscalerStatusV1
> {}

export const horizontalPodAutoscalerV1 = kind("autoscaling.v1.HorizontalPodAutoscaler", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<HorizontalPodAutoscalerSpecV1>(horizontalPodAutoscalerSpecV1, {
    tag: 2,
    required: true,
  }),
  status: struct<HorizontalPodAutoscalerStatusV1>(horizontalPodAutoscalerStatusV1, {
    tag: 3,
    optional: true,
  }),
});
export interface HorizontalPodAutoscalerV1 extends Infer<typeof horizontalPodAutoscalerV1> {}

export const horizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscalerV1>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  namespaced: true,
  schema: horizontalPodAutoscalerV1,
  subresources: {
    status: {},
  },
});
