import { path } from "#machinery/field-error.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateEventParts } from "../core/event-strategy.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { type Event, events } from "./event.ts";

function validateParts(problems: Problems, event: Event): void {
  validateEventParts(
    problems,
    {
      namespace: event.metadata.namespace ?? "",
      involvedNamespace: event.regarding?.namespace ?? "",
      eventTime: event.eventTime ?? null,
      reportingController: event.reportingController ?? "",
      reportingInstance: event.reportingInstance ?? "",
      action: event.action ?? "",
      reason: event.reason ?? "",
      note: event.note ?? "",
    },
    "reportingController",
  );
}

function validateSeries(problems: Problems, { series }: Event): void {
  if (!series) return;
  if (series.count < 2) problems.invalid(path("series", "count"), "", "should be at least 2");
  if (!series.lastObservedTime) problems.required(path("series", "lastObservedTime"));
}

const fixed = [
  ["regarding", "involvedObject"],
  ["reason", "reason"],
  ["note", "message"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
  ["type", "type"],
  ["eventTime", "eventTime"],
  ["action", "action"],
  ["related", "related"],
  ["reportingController", "reportingController"],
  ["reportingInstance", "reportingInstance"],
] as const;

export const eventsStrategy = kindStrategy<Event>({
  resource: events,
  metadata: "core",
  allowCreateOnUpdate: true,
  updateSkipsValidate: true,
  validate(problems, event) {
    validateParts(problems, event);
    validateSeries(problems, event);
    if (!event.eventTime) problems.required("eventTime");
    if (event.type !== "Normal" && event.type !== "Warning") {
      problems.invalid("type", "", `has invalid value: ${event.type ?? ""}`);
    }
    const unset = "needs to be unset";
    if (event.deprecatedFirstTimestamp) problems.invalid("firstTimestamp", "", unset);
    if (event.deprecatedLastTimestamp) problems.invalid("lastTimestamp", "", unset);
    if (event.deprecatedCount) problems.invalid("count", "", unset);
    const { component, host } = event.deprecatedSource ?? {};
    if (component || host) problems.invalid("source", "", unset);
  },
  validateUpdate(problems, event, old) {
    validateParts(problems, event);
    if (!equalJson(event.series, old.series)) validateSeries(problems, event);
    for (const [field, name] of fixed) problems.immutable(name, event[field], old[field]);
  },
});
