import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  kind,
  microTime,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { objectReference, type ObjectReference } from "./references.ts";

export const eventSeries = object("core.v1.EventSeries", {
  count: int32({ tag: 1 }),
  lastObservedTime: microTime({ tag: 2 }),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const eventSource = object("core.v1.EventSource", {
  component: string({ tag: 1 }),
  host: string({ tag: 2 }),
});
export interface EventSource extends Infer<typeof eventSource> {}

export const event = kind("core.v1.Event", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1, always: true, required: true }),
  involvedObject: struct<ObjectReference>(objectReference, {
    tag: 2,
    always: true,
    required: true,
  }),
  reason: string({ tag: 3 }),
  message: string({ tag: 4 }),
  source: struct<EventSource>(eventSource, { tag: 5 }),
  firstTimestamp: time({ tag: 6 }),
  lastTimestamp: time({ tag: 7 }),
  count: int32({ tag: 8 }),
  type: string({ tag: 9 }),
  eventTime: microTime({ tag: 10 }),
  series: struct<EventSeries>(eventSeries, { tag: 11, pointer: true }),
  action: string({ tag: 12 }),
  related: struct<ObjectReference>(objectReference, { tag: 13, pointer: true }),
  reportingComponent: string({ tag: 14, always: true }),
  reportingInstance: string({ tag: 15, always: true }),
});
export interface Event extends Infer<typeof event> {}

export const events = defineResource<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  namespaced: true,
  schema: event,
});
