import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";

export const componentCondition = object("core.v1.ComponentCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  message: string({ tag: 3 }),
  error: string({ tag: 4 }),
});
export interface ComponentCondition extends Infer<typeof componentCondition> {}

export const componentStatus = kind("core.v1.ComponentStatus", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  conditions: list(struct<ComponentCondition>(componentCondition), {
    tag: 2,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface ComponentStatus extends Infer<typeof componentStatus> {}

export const componentStatuses = defineResource<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  singular: "componentstatus",
  shortNames: ["cs"],
  namespaced: false,
  verbs: ["get", "list"],
  schema: componentStatus,
});
