import type { Path } from "#machinery/field-error.ts";
import { byteLength, qualifiedName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import type { Condition } from "./condition.ts";

const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const reasonFormat = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const reasonMessage =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

/** The rules for conditions of the common type: each type once, with a reason and a time. */
export function validateConditions(
  problems: Problems,
  at: Path,
  conditions: readonly DeepReadonly<Condition>[],
): void {
  const seen = new Set<string>();
  for (const [i, condition] of conditions.entries()) {
    const place = at.index(i);
    if (seen.has(condition.type)) problems.duplicate(place.child("type"), condition.type);
    seen.add(condition.type);
    validateCondition(problems, place, condition);
  }
}

function validateCondition(problems: Problems, at: Path, condition: DeepReadonly<Condition>): void {
  const { lastTransitionTime, message, observedGeneration = 0, reason, status, type } = condition;
  problems.each(at.child("type"), type, qualifiedName(type));
  if (!["False", "True", "Unknown"].includes(status)) {
    problems.notSupported(at.child("status"), status, ["False", "True", "Unknown"]);
  }
  if (observedGeneration < 0) {
    problems.invalid(at.child("observedGeneration"), observedGeneration, negativeMessage);
  }
  if (!lastTransitionTime) problems.required(at.child("lastTransitionTime"), "must be set");
  const reasonAt = at.child("reason");
  if (reason === "") problems.required(reasonAt);
  else {
    if (!reasonFormat.test(reason)) problems.invalid(reasonAt, reason, reasonMessage);
    if (byteLength(reason) > reasonBytesMax) problems.tooLong(reasonAt, reasonBytesMax);
  }
  if (byteLength(message) > messageBytesMax) problems.tooLong(at.child("message"), messageBytesMax);
}
