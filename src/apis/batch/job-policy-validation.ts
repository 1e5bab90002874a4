import type { Path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { JobSpec } from "./job.ts";
import type {
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "./pod-failure-policy.ts";

/** When a Job's pods count as failed, and when the Job as a whole has succeeded. */

const rulesMax = 20;
const conditionsMax = 20;
const exitCodesMax = 255;
const indexesBytesMax = 64 * 1024;
const actions = ["Count", "FailIndex", "FailJob", "Ignore"];

export function validatePodFailurePolicy(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<JobSpec>,
): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const { containers, initContainers } = spec.template.spec;
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name));
  if (rules.length > rulesMax) problems.tooMany(at.child("rules"), rules.length, rulesMax);
  for (const [i, rule] of rules.entries()) {
    validateRule(problems, at.child("rules").index(i), rule, spec, names);
  }
}

function validateRule(
  problems: Problems,
  at: Path,
  { action, onExitCodes, onPodConditions = [] }: DeepReadonly<PodFailurePolicyRule>,
  spec: DeepReadonly<JobSpec>,
  names: ReadonlySet<string>,
): void {
  const actionAt = at.child("action");
  if (action === "") {
    problems.required(actionAt, `valid values: [${actions.map((a) => `"${a}"`).join(" ")}]`);
  } else if (action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined) {
      problems.invalid(actionAt, action, "requires the backoffLimitPerIndex to be set");
    }
  } else {
    problems.oneOf(actionAt, action, actions);
  }
  if (onExitCodes) validateExitCodes(problems, at.child("onExitCodes"), onExitCodes, names);
  const conditionsAt = at.child("onPodConditions");
  if (onPodConditions.length > conditionsMax) {
    problems.tooMany(conditionsAt, onPodConditions.length, conditionsMax);
  }
  for (const [i, { status, type }] of onPodConditions.entries()) {
    const place = conditionsAt.index(i);
    problems.each(place.child("type"), type, qualifiedName(type));
    const statuses = ["False", "True", "Unknown"];
    if (!status)
      problems.required(place.child("status"), 'valid values: ["False" "True" "Unknown"]');
    else problems.oneOf(place.child("status"), status, statuses);
  }
  if (onExitCodes && onPodConditions.length > 0) {
    const detail = "specifying both OnExitCodes and OnPodConditions is not supported";
    problems.invalid(at, null, detail);
  } else if (!onExitCodes && onPodConditions.length === 0) {
    const detail = "specifying one of OnExitCodes and OnPodConditions is required";
    problems.invalid(at, null, detail);
  }
}

function validateExitCodes(
  problems: Problems,
  at: Path,
  requirement: DeepReadonly<PodFailurePolicyOnExitCodesRequirement>,
  names: ReadonlySet<string>,
): void {
  const { containerName, operator } = requirement;
  const values = requirement.values ?? [];
  if (operator === "") problems.required(at.child("operator"), 'valid values: ["In" "NotIn"]');
  else problems.oneOf(at.child("operator"), operator, ["In", "NotIn"]);
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = "must be one of the container or initContainer names in the pod template";
    problems.invalid(at.child("containerName"), containerName, detail);
  }
  const valuesAt = at.child("values");
  if (values.length === 0) problems.invalid(valuesAt, values, "at least one value is required");
  else if (values.length > exitCodesMax) problems.tooMany(valuesAt, values.length, exitCodesMax);
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (operator === "In" && value === 0) {
      problems.invalid(valuesAt.index(i), 0, "must not be 0 for the In operator");
    }
    if (seen.has(value)) problems.duplicate(valuesAt.index(i), value);
    seen.add(value);
  }
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) {
    problems.invalid(valuesAt, values, "must be ordered");
  }
}

export function validateSuccessPolicy(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<JobSpec>,
): void {
  const rulesAt = at.child("rules");
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0) {
    const detail = "at least one rules must be specified when the successPolicy is specified";
    problems.required(rulesAt, detail);
  }
  if (rules.length > rulesMax) problems.tooMany(rulesAt, rules.length, rulesMax);
  for (const [i, rule] of rules.entries()) {
    validateSuccessRule(problems, rulesAt.index(i), rule, spec.completions);
  }
}

function validateSuccessRule(
  problems: Problems,
  at: Path,
  { succeededCount, succeededIndexes }: DeepReadonly<SuccessPolicyRule>,
  completions: number | undefined,
): void {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    const detail = "at least one of succeededCount or succeededIndexes must be specified";
    problems.required(at, detail);
  }
  let total: number | undefined;
  if (succeededIndexes !== undefined) {
    const indexesAt = at.child("succeededIndexes");
    problems.maxBytes(indexesAt, succeededIndexes, indexesBytesMax);
    const counted = countIndexes(succeededIndexes, completions ?? 0);
    if (typeof counted === "number") total = counted;
    else
      problems.invalid(indexesAt, succeededIndexes, `error parsing succeededIndexes: ${counted}`);
  }
  if (succeededCount === undefined) return;
  const countAt = at.child("succeededCount");
  problems.nonNegative(countAt, succeededCount);
  if (completions !== undefined && succeededCount > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    problems.invalid(countAt, succeededCount, detail);
  }
  if (total !== undefined && succeededCount > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    problems.invalid(countAt, succeededCount, detail);
  }
}

/** How many indexes a text such as `0-3,7` names, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === "") return 0;
  let count = 0;
  let last = -1;
  for (const interval of text.split(",")) {
    const parts = interval.split("-");
    if (parts.length > 2) {
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    const [from, to] = [parts[0] ?? "", parts.at(-1) ?? ""];
    for (const part of parts) {
      if (!/^\d+$/.test(part)) {
        return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
      }
      if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`;
    }
    if (Number(from) <= last || (parts.length === 2 && Number(to) <= Number(from))) {
      return `non-increasing order, previous: ${last}, current: ${Number(from)}`;
    }
    last = Number(to);
    count += Number(to) - Number(from) + 1;
  }
  return count;
}
