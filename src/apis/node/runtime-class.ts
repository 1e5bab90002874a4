import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  kind,
  list,
  map,
  object,
  quantity,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { toleration, type Toleration } from "../core/scheduling.ts";

export const overhead = object("node.v1.Overhead", {
  podFixed: map(quantity(), { tag: 1 }),
});
export interface Overhead extends Infer<typeof overhead> {}

export const scheduling = object("node.v1.Scheduling", {
  nodeSelector: map(string(), { tag: 1, mapType: "atomic" }),
  tolerations: list(struct<Toleration>(toleration), { tag: 2, listType: "atomic" }),
});
export interface Scheduling extends Infer<typeof scheduling> {}

export const runtimeClass = kind("node.v1.RuntimeClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  handler: string({ tag: 2, always: true, required: true }),
  overhead: struct<Overhead>(overhead, { tag: 3, pointer: true }),
  scheduling: struct<Scheduling>(scheduling, { tag: 4, pointer: true }),
});
export interface RuntimeClass extends Infer<typeof runtimeClass> {}

export const runtimeClasses = defineResource<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  singular: "runtimeclass",
  namespaced: false,
  schema: runtimeClass,
});
