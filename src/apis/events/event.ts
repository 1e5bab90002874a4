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
import { type EventSource, eventSource } from "../core/event.ts";
import { objectReference, type ObjectReference } from "../core/references.ts";

export const eventSeries = object("events.v1.EventSeries", {
  count: int32({ tag: 1, always: true, required: true }),
  lastObservedTime: microTime({ tag: 2, always: true, required: true }),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const event = kind("events.v1.Event", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1, always: true }),
  eventTime: microTime({ tag: 2, always: true, required: true }),
  series: struct<EventSeries>(eventSeries, { tag: 3, pointer: true }),
  reportingController: string({ tag: 4 }),
  reportingInstance: string({ tag: 5 }),
  action: string({ tag: 6 }),
  reason: string({ tag: 7 }),
  regarding: struct<ObjectReference>(objectReference, { tag: 8 }),
  related: struct<ObjectReference>(objectReference, { tag: 9, pointer: true }),
  note: string({ tag: 10 }),
  type: string({ tag: 11 }),
  deprecatedSource: struct<EventSource>(eventSource, { tag: 12 }),
  deprecatedFirstTimestamp: time({ tag: 13 }),
  deprecatedLastTimestamp: time({ tag: 14 }),
  deprecatedCount: int32({ tag: 15 }),
});
export interface Event extends Infer<typeof event> {}

export const events = defineResource<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  namespaced: true,
  schema: event,
});
