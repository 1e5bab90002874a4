import type { Path } from "#machinery/field-error.ts";
import { labelValue, nameIsSubdomain } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelName } from "#machinery/validation/labels.ts";
import { notPositiveMessage, type Problems } from "#machinery/validation/problems.ts";
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from "./device-claim.ts";
import {
  validateDeviceName,
  validateFullAttributeName,
  validateItems,
} from "./device-names-validation.ts";
import { validateDeviceConfiguration, validateSelectors } from "./device-selector-validation.ts";

/** The rules for what a ResourceClaim asks for. */

const requestsMax = 32;
const constraintsMax = 32;
export const configsMax = 32;
const alternativesMax = 8;
const taintEffects = ["NoExecute", "NoSchedule", "None"];
const unknownRequest =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** The requests of a claim by name, `request` or `request/subrequest`. */
export function requestNames({ requests }: DeepReadonly<DeviceClaim>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { firstAvailable = [], name } of requests ?? []) {
    names.add(name);
    for (const alternative of firstAvailable) names.add(`${name}/${alternative.name}`);
  }
  return names;
}

export function validateDeviceClaim(
  problems: Problems,
  at: Path,
  claim: DeepReadonly<DeviceClaim>,
): void {
  const names = requestNames(claim);
  validateItems(problems, at.child("requests"), claim.requests, {
    max: requestsMax,
    check: (place, request) => validateRequest(problems, place, request),
    key: ({ name }) => name,
  });
  validateItems(problems, at.child("constraints"), claim.constraints, {
    max: constraintsMax,
    check: (place, constraint) => validateConstraint(problems, place, constraint, names),
  });
  validateItems(problems, at.child("config"), claim.config, {
    max: configsMax,
    check(place, config) {
      validateRequestRefs(problems, place.child("requests"), config.requests, names);
      validateDeviceConfiguration(problems, place, config);
    },
  });
}

function validateRequest(
  problems: Problems,
  at: Path,
  { exactly, firstAvailable = [], name }: DeepReadonly<DeviceRequest>,
): void {
  validateDeviceName(problems, at.child("name"), name);
  const rule = "exactly one of `exactly` or `firstAvailable` is required";
  if (exactly && firstAvailable.length > 0) {
    problems.invalid(at, null, `${rule}, but multiple fields are set`);
  } else if (exactly) validateAmount(problems, at.child("exactly"), exactly);
  else if (firstAvailable.length === 0) problems.required(at, rule);
  else {
    validateItems(problems, at.child("firstAvailable"), firstAvailable, {
      max: alternativesMax,
      check(place, alternative) {
        validateDeviceName(problems, place.child("name"), alternative.name);
        validateAmount(problems, place, alternative);
      },
      key: (alternative) => alternative.name,
    });
  }
}

function validateAmount(
  problems: Problems,
  at: Path,
  request: DeepReadonly<Omit<ExactDeviceRequest, "adminAccess">>,
): void {
  const { allocationMode = "", count = 0, deviceClassName, selectors, tolerations = [] } = request;
  const check = (name: string) => nameIsSubdomain(name, false);
  problems.name(at.child("deviceClassName"), deviceClassName, check);
  validateSelectors(problems, at.child("selectors"), selectors);
  const countAt = at.child("count");
  switch (allocationMode) {
    case "All":
      if (count === 0) break;
      problems.invalid(countAt, count, "must not be specified when allocationMode is 'All'");
      break;
    case "ExactCount":
      if (count <= 0) problems.invalid(countAt, count, notPositiveMessage);
      break;
    default:
      problems.notSupported(at.child("allocationMode"), allocationMode, ["All", "ExactCount"]);
  }
  for (const [i, toleration] of tolerations.entries()) {
    validateToleration(problems, at.child("tolerations").index(i), toleration);
  }
}

function validateToleration(
  problems: Problems,
  at: Path,
  { effect, key, operator = "", value = "" }: DeepReadonly<DeviceToleration>,
): void {
  if (key) validateLabelName(problems, at.child("key"), key);
  const valueAt = at.child("value");
  switch (operator) {
    case "Exists":
      if (value !== "") problems.invalid(valueAt, value, "must be empty for operator `Exists`");
      break;
    case "Equal":
      problems.each(valueAt, value, labelValue(value));
      break;
    case "":
      problems.required(at.child("operator"));
      break;
    default:
      problems.notSupported(at.child("operator"), operator, ["Equal", "Exists"]);
  }
  if (effect) problems.oneOf(at.child("effect"), effect, taintEffects);
}

function validateConstraint(
  problems: Problems,
  at: Path,
  constraint: DeepReadonly<DeviceConstraint>,
  names: ReadonlySet<string>,
): void {
  validateRequestRefs(problems, at.child("requests"), constraint.requests, names);
  const { distinctAttribute, matchAttribute } = constraint;
  if (matchAttribute !== undefined) {
    validateFullAttributeName(problems, at.child("matchAttribute"), matchAttribute);
  } else if (distinctAttribute !== undefined) {
    validateFullAttributeName(problems, at.child("distinctAttribute"), distinctAttribute);
  } else {
    const detail =
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    problems.required(at, detail);
  }
}

/** Names of requests, each once. */
export function validateRequestRefs(
  problems: Problems,
  at: Path,
  refs: readonly string[] | undefined,
  names: ReadonlySet<string>,
): void {
  validateItems(problems, at, refs, {
    max: requestsMax,
    check: (place, ref) => validateRequestRef(problems, place, ref, names),
    key: (ref) => ref,
  });
}

export function validateRequestRef(
  problems: Problems,
  at: Path,
  ref: string,
  names: ReadonlySet<string>,
): void {
  const segments = ref.split("/");
  if (segments.length <= 2) {
    for (const segment of segments) validateDeviceName(problems, at, segment);
  }
  if (!names.has(ref)) problems.invalid(at, ref, unknownRequest);
}
