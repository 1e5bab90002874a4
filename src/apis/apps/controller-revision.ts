import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int64, kind, rawExtension, struct } from "#machinery/schema/schema.ts";

export const controllerRevision = kind("apps.v1.ControllerRevision", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  data: rawExtension({ tag: 2 }),
  revision: int64({ tag: 3, always: true, required: true }),
});
export interface ControllerRevision extends Infer<typeof controllerRevision> {}

export const controllerRevisions = defineResource<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  singular: "controllerrevision",
  namespaced: true,
  schema: controllerRevision,
});
