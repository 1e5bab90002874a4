import { type Infer, int32, object, quantity, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const metricTarget = object("autoscaling.v2.MetricTarget", {
  type: string({ tag: 1, always: true, required: true }),
  value: quantity({ tag: 2, pointer: true }),
  averageValue: quantity({ tag: 3, pointer: true }),
  averageUtilization: int32({ tag: 4, pointer: true }),
});
export interface MetricTarget extends Infer<typeof metricTarget> {}

export const containerResourceMetricSource = object(
  "autoscaling.v2.ContainerResourceMetricSource",
  {
    name: string({ tag: 1, always: true, required: true }),
    target: struct<MetricTarget>(metricTarget, { tag: 2, always: true, required: true }),
    container: string({ tag: 3, always: true, required: true }),
  },
);
export interface ContainerResourceMetricSource extends Infer<
  typeof containerResourceMetricSource
> {}

export const metricValueStatus = object("autoscaling.v2.MetricValueStatus", {
  value: quantity({ tag: 1, pointer: true }),
  averageValue: quantity({ tag: 2, pointer: true }),
  averageUtilization: int32({ tag: 3, pointer: true }),
});
export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}

export const containerResourceMetricStatus = object(
  "autoscaling.v2.ContainerResourceMetricStatus",
  {
    name: string({ tag: 1, always: true, required: true }),
    current: struct<MetricValueStatus>(metricValueStatus, { tag: 2, always: true, required: true }),
    container: string({ tag: 3, always: true, required: true }),
  },
);
export interface ContainerResourceMetricStatus extends Infer<
  typeof containerResourceMetricStatus
> {}

export const crossVersionObjectReference = object("autoscaling.v2.CrossVersionObjectReference", {
  kind: string({ tag: 1, always: true, required: true }),
  name: string({ tag: 2, always: true, required: true }),
  apiVersion: string({ tag: 3 }),
});
export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}

export const metricIdentifier = object("autoscaling.v2.MetricIdentifier", {
  name: string({ tag: 1, always: true, required: true }),
  selector: struct<LabelSelector>(labelSelector, { tag: 2, pointer: true }),
});
export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}

export const externalMetricSource = object("autoscaling.v2.ExternalMetricSource", {
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 1, always: true, required: true }),
  target: struct<MetricTarget>(metricTarget, { tag: 2, always: true, required: true }),
});
export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}

export const externalMetricStatus = object("autoscaling.v2.ExternalMetricStatus", {
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 1, always: true, required: true }),
  current: struct<MetricValueStatus>(metricValueStatus, { tag: 2, always: true, required: true }),
});
export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}

export const objectMetricSource = object("autoscaling.v2.ObjectMetricSource", {
  describedObject: struct<CrossVersionObjectReference>(crossVersionObjectReference, {
    tag: 1,
    always: true,
    required: true,
  }),
  target: struct<MetricTarget>(metricTarget, { tag: 2, always: true, required: true }),
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 3, always: true, required: true }),
});
export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}

export const podsMetricSource = object("autoscaling.v2.PodsMetricSource", {
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 1, always: true, required: true }),
  target: struct<MetricTarget>(metricTarget, { tag: 2, always: true, required: true }),
});
export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}

export const resourceMetricSource = object("autoscaling.v2.ResourceMetricSource", {
  name: string({ tag: 1, always: true, required: true }),
  target: struct<MetricTarget>(metricTarget, { tag: 2, always: true, required: true }),
});
export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}

export const metricSpec = object("autoscaling.v2.MetricSpec", {
  type: string({ tag: 1, always: true, required: true }),
  object: struct<ObjectMetricSource>(objectMetricSource, { tag: 2, pointer: true }),
  pods: struct<PodsMetricSource>(podsMetricSource, { tag: 3, pointer: true }),
  resource: struct<ResourceMetricSource>(resourceMetricSource, { tag: 4, pointer: true }),
  external: struct<ExternalMetricSource>(externalMetricSource, { tag: 5, pointer: true }),
  containerResource: struct<ContainerResourceMetricSource>(containerResourceMetricSource, {
    tag: 7,
    pointer: true,
  }),
});
export interface MetricSpec extends Infer<typeof metricSpec> {}

export const objectMetricStatus = object("autoscaling.v2.ObjectMetricStatus", {
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 1, always: true, required: true }),
  current: struct<MetricValueStatus>(metricValueStatus, { tag: 2, always: true, required: true }),
  describedObject: struct<CrossVersionObjectReference>(crossVersionObjectReference, {
    tag: 3,
    always: true,
    required: true,
  }),
});
export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}

export const podsMetricStatus = object("autoscaling.v2.PodsMetricStatus", {
  metric: struct<MetricIdentifier>(metricIdentifier, { tag: 1, always: true, required: true }),
  current: struct<MetricValueStatus>(metricValueStatus, { tag: 2, always: true, required: true }),
});
export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}

export const resourceMetricStatus = object("autoscaling.v2.ResourceMetricStatus", {
  name: string({ tag: 1, always: true, required: true }),
  current: struct<MetricValueStatus>(metricValueStatus, { tag: 2, always: true, required: true }),
});
export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}

export const metricStatus = object("autoscaling.v2.MetricStatus", {
  type: string({ tag: 1, always: true, required: true }),
  object: struct<ObjectMetricStatus>(objectMetricStatus, { tag: 2, pointer: true }),
  pods: struct<PodsMetricStatus>(podsMetricStatus, { tag: 3, pointer: true }),
  resource: struct<ResourceMetricStatus>(resourceMetricStatus, { tag: 4, pointer: true }),
  external: struct<ExternalMetricStatus>(externalMetricStatus, { tag: 5, pointer: true }),
  containerResource: struct<ContainerResourceMetricStatus>(containerResourceMetricStatus, {
    tag: 7,
    pointer: true,
  }),
});
export interface MetricStatus extends Infer<typeof metricStatus> {}
