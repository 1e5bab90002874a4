import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { type Infer, kind, struct } from "#machinery/schema/schema.ts";
import { type DeleteOptions, deleteOptions } from "../meta/delete-options.ts";

export const eviction = kind("policy.v1.Eviction", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  deleteOptions: struct<DeleteOptions>(deleteOptions, { tag: 2, pointer: true }),
});
export interface Eviction extends Infer<typeof eviction> {}
