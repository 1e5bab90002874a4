import { listMeta, type ListMeta } from "#machinery/object-meta.ts";
import { type Infer, int32, kind, list, object, string, struct } from "#machinery/schema/schema.ts";

export const statusCause = object("meta.v1.StatusCause", {
  reason: string({ tag: 1 }),
  message: string({ tag: 2 }),
  field: string({ tag: 3 }),
});
export interface StatusCause extends Infer<typeof statusCause> {}

export const statusDetails = object("meta.v1.StatusDetails", {
  name: string({ tag: 1 }),
  group: string({ tag: 2 }),
  kind: string({ tag: 3 }),
  causes: list(struct<StatusCause>(statusCause), { tag: 4, listType: "atomic" }),
  retryAfterSeconds: int32({ tag: 5 }),
  uid: string({ tag: 6 }),
});
export interface StatusDetails extends Infer<typeof statusDetails> {}

export const status = kind("meta.v1.Status", {
  metadata: struct<ListMeta>(listMeta, { tag: 1 }),
  status: string({ tag: 2 }),
  message: string({ tag: 3 }),
  reason: string({ tag: 4 }),
  details: struct<StatusDetails>(statusDetails, { tag: 5, pointer: true }),
  code: int32({ tag: 6 }),
});
export interface Status extends Infer<typeof status> {}
