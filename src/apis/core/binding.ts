import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, struct } from "#machinery/schema/schema.ts";
import { objectReference, type ObjectReference } from "./references.ts";

export const binding = kind("core.v1.Binding", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  target: struct<ObjectReference>(objectReference, { tag: 2, always: true, required: true }),
});
export interface Binding extends Infer<typeof binding> {}

export const bindings = defineResource<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  singular: "binding",
  namespaced: true,
  verbs: ["create"],
  schema: binding,
});
