import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, type Infer, int32, kind, string, struct } from "#machinery/schema/schema.ts";

export const priorityClass = kind("scheduling.v1.PriorityClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  value: int32({ tag: 2, always: true }),
  globalDefault: bool({ tag: 3 }),
  description: string({ tag: 4 }),
  preemptionPolicy: string({ tag: 5, pointer: true, enum: ["Never", "PreemptLowerPriority"] }),
});
export interface PriorityClass extends Infer<typeof priorityClass> {}

export const priorityClasses = defineResource<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  singular: "priorityclass",
  shortNames: ["pc"],
  namespaced: false,
  schema: priorityClass,
});
