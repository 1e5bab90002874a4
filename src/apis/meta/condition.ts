import { type Infer, int64, object, string, time } from "#machinery/schema/schema.ts";

export const condition = object("meta.v1.Condition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  observedGeneration: int64({ tag: 3 }),
  lastTransitionTime: time({ tag: 4, always: true, required: true }),
  reason: string({ tag: 5, always: true, required: true }),
  message: string({ tag: 6, always: true, required: true }),
});
export interface Condition extends Infer<typeof condition> {}
