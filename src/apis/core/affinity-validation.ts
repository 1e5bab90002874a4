import type { Path } from "#machinery/field-error.ts";
import { labelValue, nameIsLabel, nameIsSubdomain } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelName, validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { LabelSelector } from "../meta/label-selector.ts";
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from "./affinity.ts";

/** Rules that an old object broke already, and may go on breaking. */
export interface AffinityLeniency {
  readonly selectorValues?: boolean;
  readonly nodeValues?: boolean;
}

export function validateAffinity(
  problems: Problems,
  at: Path,
  affinity: DeepReadonly<Affinity> | undefined,
  lenient: AffinityLeniency = {},
): void {
  if (!affinity) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity) {
    const nodeAt = at.child("nodeAffinity");
    const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    if (required) {
      const requiredAt = nodeAt.child("requiredDuringSchedulingIgnoredDuringExecution");
      validateNodeSelector(problems, requiredAt, required, lenient.nodeValues);
    }
    const preferred = nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferredAt = nodeAt.child("preferredDuringSchedulingIgnoredDuringExecution");
    for (const [i, { preference, weight }] of preferred.entries()) {
      validateWeight(problems, preferredAt.index(i).child("weight"), weight);
      // Bad values in preferences were always accepted.
      validateTerm(problems, preferredAt.index(i).child("preference"), preference, true);
    }
  }
  if (podAffinity) validatePodAffinity(problems, at.child("podAffinity"), podAffinity, lenient);
  if (podAntiAffinity) {
    validatePodAffinity(problems, at.child("podAntiAffinity"), podAntiAffinity, lenient);
  }
}

function validateWeight(problems: Problems, at: Path, weight: number): void {
  if (weight <= 0 || weight > 100) problems.invalid(at, weight, "must be in the range 1-100");
}

export function validateNodeSelector(
  problems: Problems,
  at: Path,
  selector: DeepReadonly<NodeSelector>,
  allowInvalidValues = false,
): void {
  const termsAt = at.child("nodeSelectorTerms");
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) {
    problems.required(termsAt, "must have at least one node selector term");
  }
  for (const [i, term] of terms.entries()) {
    validateTerm(problems, termsAt.index(i), term, allowInvalidValues);
  }
}

function validateTerm(
  problems: Problems,
  at: Path,
  term: DeepReadonly<NodeSelectorTerm>,
  allowInvalidValues: boolean,
): void {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
    const path = at.child("matchExpressions").index(i);
    validateRequirement(problems, path, requirement, allowInvalidValues);
  }
  for (const [i, requirement] of (term.matchFields ?? []).entries()) {
    validateFieldRequirement(problems, at.child("matchFields").index(i), requirement);
  }
}

function validateRequirement(
  problems: Problems,
  at: Path,
  requirement: DeepReadonly<NodeSelectorRequirement>,
  allowInvalidValues: boolean,
): void {
  const { key, operator } = requirement;
  const values = requirement.values ?? [];
  const valuesAt = at.child("values");
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        problems.required(valuesAt, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        problems.forbidden(valuesAt, detail);
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
        problems.required(valuesAt, detail);
      }
      break;
    default:
      problems.invalid(at.child("operator"), operator, "not a valid selector operator");
  }
  validateLabelName(problems, at.child("key"), key);
  if (allowInvalidValues) return;
  for (const [i, value] of values.entries()) {
    problems.each(valuesAt.index(i), value, labelValue(value));
  }
}

function validateFieldRequirement(
  problems: Problems,
  at: Path,
  { key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>,
): void {
  if (operator !== "In" && operator !== "NotIn") {
    problems.invalid(at.child("operator"), operator, "not a valid selector operator");
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    problems.required(at.child("values"), detail);
  }
  if (key !== "metadata.name") {
    problems.invalid(at.child("key"), key, "not a valid field selector key");
    return;
  }
  for (const [i, value] of values.entries()) {
    problems.each(at.child("values").index(i), value, nameIsSubdomain(value, false));
  }
}

function validatePodAffinity(
  problems: Problems,
  at: Path,
  affinity: DeepReadonly<PodAffinity>,
  lenient: AffinityLeniency,
): void {
  const requiredAt = at.child("requiredDuringSchedulingIgnoredDuringExecution");
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [i, term] of required.entries()) {
    validatePodTerm(problems, requiredAt.index(i), term, lenient);
  }
  const preferredAt = at.child("preferredDuringSchedulingIgnoredDuringExecution");
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [i, { podAffinityTerm, weight }] of preferred.entries()) {
    const path = preferredAt.index(i);
    validateWeight(problems, path.child("weight"), weight);
    validatePodTerm(problems, path.child("podAffinityTerm"), podAffinityTerm, lenient);
  }
}

function validatePodTerm(
  problems: Problems,
  at: Path,
  term: DeepReadonly<PodAffinityTerm>,
  lenient: AffinityLeniency,
): void {
  const { labelSelector, namespaceSelector, topologyKey } = term;
  const allow = lenient.selectorValues;
  validateLabelSelector(problems, at.child("labelSelector"), labelSelector, allow);
  validateLabelSelector(problems, at.child("namespaceSelector"), namespaceSelector, allow);
  for (const name of term.namespaces ?? []) {
    problems.each(at.child("namespace"), name, nameIsLabel(name, false));
  }
  validateMatchLabelKeys(problems, at, term);
  if (topologyKey === "") problems.required(at.child("topologyKey"), "can not be empty");
  validateLabelName(problems, at.child("topologyKey"), topologyKey);
}

function validateLabelKeys(
  problems: Problems,
  at: Path,
  keys: readonly string[],
  selector: DeepReadonly<LabelSelector> | undefined,
): void {
  if (keys.length === 0) return;
  if (!selector) {
    problems.forbidden(at, "must not be specified when labelSelector is not set");
    return;
  }
  for (const [i, key] of keys.entries()) validateLabelName(problems, at.index(i), key);
}

function validateMatchLabelKeys(
  problems: Problems,
  at: Path,
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: DeepReadonly<PodAffinityTerm>,
): void {
  validateLabelKeys(problems, at.child("matchLabelKeys"), matchLabelKeys, labelSelector);
  validateLabelKeys(problems, at.child("mismatchLabelKeys"), mismatchLabelKeys, labelSelector);
  if (labelSelector) {
    const seen = new Set(Object.keys(labelSelector.matchLabels ?? {}));
    for (const { key } of labelSelector.matchExpressions ?? []) {
      const place = matchLabelKeys.lastIndexOf(key);
      // The server itself adds one expression per key; a second one is the client's.
      if (place >= 0 && seen.has(key)) {
        problems.invalid(at.index(place), key, "exists in both matchLabelKeys and labelSelector");
      }
      seen.add(key);
    }
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
    problems.invalid(at.child("matchLabelKeys").index(i), key, detail);
  }
}

/** Whether a selector has values that are no label values. */
export function hasInvalidSelectorValues(
  selector: DeepReadonly<LabelSelector> | undefined,
): boolean {
  return (selector?.matchExpressions ?? []).some(({ values }) =>
    (values ?? []).some((value) => labelValue(value).length > 0),
  );
}

/** Which rules an old object's affinity broke. */
export function affinityLeniency(affinity: DeepReadonly<Affinity> | undefined): AffinityLeniency {
  const pods = [affinity?.podAffinity, affinity?.podAntiAffinity];
  const terms = pods.flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((w) => w.podAffinityTerm),
  ]);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    selectorValues: terms.some(
      (term) =>
        hasInvalidSelectorValues(term.labelSelector) ||
        hasInvalidSelectorValues(term.namespaceSelector),
    ),
    nodeValues: (required?.nodeSelectorTerms ?? []).some((term) =>
      (term.matchExpressions ?? []).some(({ values }) =>
        (values ?? []).some((value) => labelValue(value).length > 0),
      ),
    ),
  };
}
