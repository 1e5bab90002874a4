import { type Infer, object, rawExtension, string } from "#machinery/schema/schema.ts";

export const watchEvent = object("meta.v1.WatchEvent", {
  type: string({ tag: 1, always: true, required: true }),
  object: rawExtension({ tag: 2, always: true, required: true }),
});
export interface WatchEvent extends Infer<typeof watchEvent> {}
