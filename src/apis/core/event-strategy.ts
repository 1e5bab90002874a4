import { type Path, path } from "#machinery/field-error.ts";
import { byteLength, dns1123Subdomain, qualifiedName } from "#machinery/names.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { Event } from "./event.ts";

/** The parts of an Event that both API groups check. */
export interface EventParts {
  readonly namespace: string;
  readonly involvedNamespace: string;
  readonly eventTime: string | null;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly note: string;
}

const shortMax = 128;
const noteMax = 1024;

function requiredShort(problems: Problems, at: Path, value: string): void {
  if (value === "") problems.required(at);
  tooLong(problems, at, value, shortMax);
}

function tooLong(problems: Problems, at: Path, value: string, max: number): void {
  if (byteLength(value) > max) problems.invalid(at, "", `can have at most ${max} characters`);
}

/** The rules since ever; those with an `eventTime` are stricter. */
export function validateEventParts(
  problems: Problems,
  event: EventParts,
  controllerField: string,
): void {
  const { involvedNamespace, namespace } = event;
  const mismatch = () =>
    problems.invalid(
      path("involvedObject", "namespace"),
      involvedNamespace,
      "does not match event.namespace",
    );
  if (!event.eventTime) {
    if (involvedNamespace === "") {
      if (namespace !== "" && namespace !== "default") mismatch();
    } else if (namespace !== involvedNamespace) mismatch();
  } else {
    if (involvedNamespace === "" && namespace !== "default" && namespace !== "kube-system") {
      mismatch();
    }
    const controllerAt = path(controllerField);
    const controller = event.reportingController;
    if (controller === "") problems.required(controllerAt);
    problems.each(controllerAt, controller, qualifiedName(controller));
    requiredShort(problems, path("reportingInstance"), event.reportingInstance);
    requiredShort(problems, path("action"), event.action);
    requiredShort(problems, path("reason"), event.reason);
    tooLong(problems, path("message"), event.note, noteMax);
  }
  problems.each("namespace", namespace, dns1123Subdomain(namespace));
}

function partsOf(event: Event): EventParts {
  return {
    namespace: event.metadata.namespace ?? "",
    involvedNamespace: event.involvedObject.namespace ?? "",
    eventTime: event.eventTime ?? null,
    reportingController: event.reportingComponent ?? "",
    reportingInstance: event.reportingInstance ?? "",
    action: event.action ?? "",
    reason: event.reason ?? "",
    note: event.message ?? "",
  };
}

function validate(event: Event) {
  const problems = new Problems();
  validateEventParts(problems, partsOf(event), "reportingComponent");
  return problems.list;
}

/** Events may be written by anyone and any way: metadata has only the rules for all kinds. */
export const eventStrategy: Strategy<Event> = {
  allowCreateOnUpdate: true,
  validate,
  validateUpdate: validate,
};
