import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, labelValue, nameIsSubdomain, qualifiedName } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelName, validateLabelSelector } from "#machinery/validation/labels.ts";
import { notPositiveMessage, type Problems } from "#machinery/validation/problems.ts";
import type {
  PodResourceClaim,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from "./scheduling.ts";

export const taintEffects = ["NoExecute", "NoSchedule", "PreferNoSchedule"];

const decimalInteger = /^(0|-?[1-9][0-9]*)$/;
const int64Max = 2n ** 63n - 1n;

function isInt64(text: string): boolean {
  if (!decimalInteger.test(text)) return false;
  const value = BigInt(text);
  return value <= int64Max && value >= -int64Max - 1n;
}

export function validateTolerations(
  problems: Problems,
  at: Path,
  tolerations: readonly DeepReadonly<Toleration>[],
): void {
  for (const [i, toleration] of tolerations.entries()) {
    const { effect = "", key = "", operator = "", tolerationSeconds, value = "" } = toleration;
    const path = at.index(i);
    const operatorAt = path.child("operator");
    if (key !== "") validateLabelName(problems, path.child("key"), key);
    else if (operator !== "Exists") {
      const detail =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      problems.invalid(operatorAt, operator, detail);
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      problems.invalid(path.child("effect"), effect, detail);
    }
    if (operator === "Equal" || operator === "") {
      const errors = labelValue(value);
      if (errors.length > 0) problems.invalid(operatorAt, value, errors.join(";"));
    } else if (operator === "Exists") {
      if (value !== "") {
        problems.invalid(operatorAt, value, "value must be empty when `operator` is 'Exists'");
      }
    } else if (operator === "Gt" || operator === "Lt") {
      if (!isInt64(value)) {
        problems.invalid(path.child("value"), value, "must be a valid decimal integer");
      }
    } else {
      problems.notSupported(operatorAt, operator, ["Equal", "Exists", "Gt", "Lt"]);
    }
    if (effect !== "") problems.oneOf(path.child("effect"), effect, taintEffects);
  }
}

/** An update may add tolerations and change their seconds, no more. */
export function validateOnlyAddedTolerations(
  problems: Problems,
  at: Path,
  tolerations: readonly DeepReadonly<Toleration>[],
  old: readonly DeepReadonly<Toleration>[],
): void {
  const bare = ({ tolerationSeconds: _seconds, ...rest }: DeepReadonly<Toleration>) => rest;
  for (const before of old) {
    if (tolerations.some((toleration) => equalJson(bare(toleration), bare(before)))) continue;
    const detail = "existing toleration can not be modified except its tolerationSeconds";
    problems.forbidden(at, detail);
    return;
  }
  validateTolerations(problems, at, tolerations);
}

export function validateSchedulingGates(
  problems: Problems,
  at: Path,
  gates: readonly PodSchedulingGate[],
): void {
  const seen = new Set<string>();
  for (const [i, { name }] of gates.entries()) {
    problems.each(at.index(i), name, qualifiedName(name));
    if (seen.has(name)) problems.duplicate(at.index(i), name);
    seen.add(name);
  }
}

/** An update may remove gates, not add them. */
export function validateOnlyDeletedGates(
  problems: Problems,
  at: Path,
  gates: readonly PodSchedulingGate[],
  old: readonly PodSchedulingGate[],
): void {
  for (const [i, { name }] of gates.entries()) {
    if (old.some((gate) => gate.name === name)) continue;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    problems.forbidden(at.index(i).child("name"), detail);
  }
}

export function validatePodResourceClaims(
  problems: Problems,
  at: Path,
  claims: readonly DeepReadonly<PodResourceClaim>[],
): void {
  const seen = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const path = at.index(i);
    if (name !== "" && seen.has(name)) problems.duplicate(path.child("name"), name);
    else problems.name(path.child("name"), name, dns1123Label);
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const detail =
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      problems.invalid(path, claim, detail);
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
      problems.invalid(path, claim, detail);
    }
    for (const field of ["resourceClaimName", "resourceClaimTemplateName"] as const) {
      const value = claim[field];
      if (value === undefined) continue;
      problems.each(path.child(field), value, nameIsSubdomain(value, false));
    }
  }
}

const nodePolicies = ["Honor", "Ignore"];

export function validateTopologySpread(
  problems: Problems,
  at: Path,
  constraints: readonly DeepReadonly<TopologySpreadConstraint>[],
  allowInvalidSelector = false,
): void {
  for (const [i, constraint] of constraints.entries()) {
    const { labelSelector, maxSkew, minDomains, topologyKey, whenUnsatisfiable } = constraint;
    const path = at.index(i);
    if (maxSkew <= 0) problems.invalid(path.child("maxSkew"), maxSkew, notPositiveMessage);
    if (topologyKey === "") problems.required(path.child("topologyKey"), "can not be empty");
    problems.oneOf(path.child("whenUnsatisfiable"), whenUnsatisfiable, [
      "DoNotSchedule",
      "ScheduleAnyway",
    ]);
    const isSame = (other: DeepReadonly<TopologySpreadConstraint>) =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable;
    if (constraints.slice(i + 1).some(isSame)) {
      const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
      problems.duplicate(path.child("{topologyKey, whenUnsatisfiable}"), pair);
    }
    if (minDomains !== undefined) {
      const minAt = path.child("minDomains");
      if (minDomains <= 0) problems.invalid(minAt, minDomains, notPositiveMessage);
      if (whenUnsatisfiable !== "DoNotSchedule") {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        problems.invalid(minAt, minDomains, detail);
      }
    }
    problems.oneOf(path.child("nodeAffinityPolicy"), constraint.nodeAffinityPolicy, nodePolicies);
    problems.oneOf(path.child("nodeTaintsPolicy"), constraint.nodeTaintsPolicy, nodePolicies);
    validateSpreadKeys(problems, path.child("matchLabelKeys"), constraint);
    if (!allowInvalidSelector) {
      validateLabelSelector(problems, path.child("labelSelector"), labelSelector);
    }
  }
}

function validateSpreadKeys(
  problems: Problems,
  at: Path,
  { labelSelector, matchLabelKeys = [] }: DeepReadonly<TopologySpreadConstraint>,
): void {
  if (matchLabelKeys.length === 0) return;
  if (!labelSelector) {
    problems.forbidden(at, "must not be specified when labelSelector is not set");
  }
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  for (const [i, key] of matchLabelKeys.entries()) {
    validateLabelName(problems, at.index(i), key);
    if (!selected.has(key)) continue;
    problems.invalid(at.index(i), key, "exists in both matchLabelKeys and labelSelector");
  }
}
