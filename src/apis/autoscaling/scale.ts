import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { type Infer, int32, kind, object, string, struct } from "#machinery/schema/schema.ts";

export const scaleSpec = object("autoscaling.v1.ScaleSpec", {
  replicas: int32({ tag: 1 }),
});
export interface ScaleSpec extends Infer<typeof scaleSpec> {}

export const scaleStatus = object("autoscaling.v1.ScaleStatus", {
  replicas: int32({ tag: 1, always: true, required: true }),
  selector: string({ tag: 2 }),
});
export interface ScaleStatus extends Infer<typeof scaleStatus> {}

export const scale = kind("autoscaling.v1.Scale", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ScaleSpec>(scaleSpec, { tag: 2 }),
  status: struct<ScaleStatus>(scaleStatus, { tag: 3, optional: true }),
});
export interface Scale extends Infer<typeof scale> {}
