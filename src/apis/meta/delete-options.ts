import {
  bool,
  type Infer,
  int64,
  kind,
  list,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const preconditions = object("meta.v1.Preconditions", {
  uid: string({ tag: 1, pointer: true }),
  resourceVersion: string({ tag: 2, pointer: true }),
});
export interface Preconditions extends Infer<typeof preconditions> {}

export const deleteOptions = kind("meta.v1.DeleteOptions", {
  gracePeriodSeconds: int64({ tag: 1, pointer: true }),
  preconditions: struct<Preconditions>(preconditions, { tag: 2, pointer: true }),
  orphanDependents: bool({ tag: 3, pointer: true }),
  propagationPolicy: string({ tag: 4, pointer: true }),
  dryRun: list(string(), { tag: 5, listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool({ tag: 6, pointer: true }),
});
export interface DeleteOptions extends Infer<typeof deleteOptions> {}
