import type { Event } from "#apis/core/event.ts";
import type { Event as EventV1 } from "#apis/events/event.ts";
import type { KubeObject } from "#machinery/meta.ts";

/** Events are stored as core/v1; events.k8s.io/v1 gives the same fields other names. */
export function eventFromCore(object: KubeObject): KubeObject {
  const {
    apiVersion: _, involvedObject, message, source, firstTimestamp, lastTimestamp, count,
    reportingComponent, reportingInstance, ...same
  } = object as Event; // prettier-ignore
  return compact({
    ...same,
    apiVersion: "events.k8s.io/v1",
    metadata: { ...same.metadata },
    reportingController: reportingComponent || undefined,
    reportingInstance: reportingInstance || undefined,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  });
}

/** The other way round. */
export function eventToCore(object: KubeObject): KubeObject {
  const {
    apiVersion: _, regarding, note, deprecatedSource, deprecatedFirstTimestamp,
    deprecatedLastTimestamp, deprecatedCount, reportingController, reportingInstance, ...same
  } = object as EventV1; // prettier-ignore
  return compact({
    ...same,
    apiVersion: "v1",
    metadata: { ...same.metadata },
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    count: deprecatedCount,
    reportingComponent: reportingController ?? "",
    reportingInstance: reportingInstance ?? "",
  });
}

/** Without the properties that are undefined: shared objects have none. */
function compact(object: Readonly<Record<string, unknown>>): KubeObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as unknown as KubeObject;
}
