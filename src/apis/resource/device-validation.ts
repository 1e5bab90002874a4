import type { Path } from "#machinery/field-error.ts";
import { labelValue, nameIsSubdomain } from "#machinery/names.ts";
import { compareQuantity, parseQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelName } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateNodeSelector } from "../core/affinity-validation.ts";
import {
  validateAttributeName,
  validateDeviceName,
  validateItems,
} from "./device-names-validation.ts";
import type {
  CapacityRequestPolicy,
  Counter,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceTaint,
} from "./device.ts";

/** The rules for devices as drivers publish them. */

const propertiesMax = 32;
const taintsMax = 16;
const consumptionsMax = 2;
const countersMax = 32;
const valueBytesMax = 64;
const validValuesMax = 10;
const bindingConditionsMax = 4;
const taintEffects = ["NoExecute", "NoSchedule", "None"];
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

export function validateDevice(
  problems: Problems,
  at: Path,
  device: DeepReadonly<Device>,
  selectsNodes: boolean,
): void {
  const { attributes = {}, capacity = {} } = device;
  validateDeviceName(problems, at.child("name"), device.name);
  const size = Object.keys(attributes).length + Object.keys(capacity).length;
  if (size > propertiesMax) {
    const detail = `the total number of attributes and capacities must not exceed ${propertiesMax}`;
    problems.invalid(at, size, detail);
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    const place = at.child("attributes").key(name);
    validateAttributeName(problems, place, name);
    validateAttribute(problems, place, attribute);
  }
  for (const [name, amount] of Object.entries(capacity)) {
    const place = at.child("capacity").key(name);
    validateAttributeName(problems, place, name);
    validateCapacity(problems, place, amount, device.allowMultipleAllocations === true);
  }
  validateItems(problems, at.child("taints"), device.taints, {
    max: taintsMax,
    check: (place, taint) => validateTaint(problems, place, taint),
  });
  validateItems(problems, at.child("consumesCounters"), device.consumesCounters, {
    max: consumptionsMax,
    check(place, { counters, counterSet }) {
      validateDeviceName(problems, place.child("counterSet"), counterSet);
      validateCounters(problems, place.child("counters"), counters);
    },
    key: ({ counterSet }) => counterSet,
  });
  validateNodes(problems, at, device, selectsNodes);
  validateBindingConditions(problems, at, device);
}

/** Counters by name. */
export function validateCounters(
  problems: Problems,
  at: Path,
  counters: Readonly<Record<string, DeepReadonly<Counter>>> | undefined,
): void {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) problems.required(at);
  else if (names.length > countersMax) problems.tooMany(at, names.length, countersMax);
  else for (const name of names) validateDeviceName(problems, at.key(name), name);
}

function validateAttribute(
  problems: Problems,
  at: Path,
  attribute: DeepReadonly<DeviceAttribute>,
): void {
  const { string: text, version, ...rest } = attribute;
  if (text !== undefined) problems.maxBytes(at.child("string"), text, valueBytesMax);
  if (version !== undefined) {
    const versionAt = at.child("version");
    if (!semver.test(version)) {
      const detail = "must be a string compatible with semver.org spec 2.0.0";
      problems.invalid(versionAt, version, detail);
    }
    problems.maxBytes(versionAt, version, valueBytesMax);
  }
  const count = [text, version, ...Object.values(rest)].filter((value) => value !== undefined);
  if (count.length === 1) return;
  problems.invalid(at, count.length === 0 ? "" : attribute, "exactly one value must be specified");
}

function validateCapacity(
  problems: Problems,
  at: Path,
  { requestPolicy, value }: DeepReadonly<DeviceCapacity>,
  isShared: boolean,
): void {
  if (!requestPolicy) return;
  const place = at.child("requestPolicy");
  if (isShared) validatePolicy(problems, place, requestPolicy, value);
  else problems.forbidden(place, "allowMultipleAllocations must be true");
}

function validatePolicy(
  problems: Problems,
  at: Path,
  policy: DeepReadonly<CapacityRequestPolicy>,
  capacity: string,
): void {
  const { default: preset, validRange, validValues = [] } = policy;
  if (validValues.length > 0 && validRange) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    problems.forbidden(at, detail);
    return;
  }
  const field = validValues.length > 0 ? "validValues" : "validRange";
  if (validValues.length === 0 && !validRange) return;
  if (preset === undefined || preset === null) {
    problems.required(at.child("default"), `required when ${field} is defined`);
  } else if (validRange) {
    validateRange(problems, at.child("validRange"), validRange, preset, capacity);
  } else {
    validateValues(problems, at.child("validValues"), validValues, preset, capacity);
  }
}

function validateValues(
  problems: Problems,
  at: Path,
  values: readonly string[],
  preset: string,
  capacity: string,
): void {
  for (const [i, value] of values.entries()) {
    const before = values[i - 1];
    if (before !== undefined && compareQuantity(before, value) > 0) {
      problems.invalid(at.index(i), value, "values must be sorted in ascending order");
    }
  }
  validateItems(problems, at, values, {
    max: validValuesMax,
    check(place, value) {
      if (compareQuantity(value, capacity) <= 0) return;
      problems.invalid(place, value, `option is larger than capacity value: ${capacity}`);
    },
    key: (value) => String(parseQuantity(value).nano),
  });
  if (values.some((value) => compareQuantity(value, preset) === 0)) return;
  problems.invalid(at, preset, "default value is not valid according to the requestPolicy");
}

function validateRange(
  problems: Problems,
  at: Path,
  { max, min, step }: DeepReadonly<NonNullable<CapacityRequestPolicy["validRange"]>>,
  preset: string,
  capacity: string,
): void {
  const minAt = at.child("min");
  if (min === undefined) {
    problems.required(minAt, "required when validRange is defined");
    return;
  }
  const isMore = (left: string, right: string) => compareQuantity(left, right) > 0;
  if (isMore(min, capacity)) {
    problems.invalid(minAt, min, `min is larger than capacity value: ${capacity}`);
  }
  if (isMore(min, preset)) problems.invalid(minAt, preset, `default is less than min: ${min}`);
  if (max !== undefined) {
    const maxAt = at.child("max");
    if (isMore(min, max)) problems.invalid(maxAt, min, `min is larger than max: ${max}`);
    if (isMore(max, capacity)) {
      problems.invalid(maxAt, max, `max is larger than capacity value: ${capacity}`);
    }
    if (isMore(preset, max)) problems.invalid(maxAt, preset, `default is more than max: ${max}`);
  }
  if (step === undefined) return;
  const stepAt = at.child("step");
  const nano = (text: string) => parseQuantity(text).nano;
  if (nano(min) + nano(step) > nano(capacity)) {
    problems.invalid(stepAt, step, `one step is larger than capacity value: ${capacity}`);
  }
  for (const value of max === undefined ? [preset] : [preset, max]) {
    if (nano(step) !== 0n && (nano(value) - nano(min)) % nano(step) === 0n) continue;
    const detail = `value is not a multiple of a given step (${step}) from (${min})`;
    problems.invalid(stepAt, value, detail);
  }
}

function validateTaint(
  problems: Problems,
  at: Path,
  { effect, key, value }: DeepReadonly<DeviceTaint>,
): void {
  validateLabelName(problems, at.child("key"), key);
  if (value) problems.each(at.child("value"), value, labelValue(value));
  problems.requiredOneOf(at.child("effect"), effect, taintEffects);
}

/** Where devices are: on one node, on selected ones, on all. Returns which of the fields are set. */
export function validatePlaces(
  problems: Problems,
  at: Path,
  places: DeepReadonly<Pick<Device, "allNodes" | "nodeName" | "nodeSelector">>,
  emptyName: string,
): string[] {
  const { allNodes, nodeName, nodeSelector } = places;
  const set: string[] = [];
  if (nodeName === "") problems.invalid(at.child("nodeName"), nodeName, emptyName);
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    problems.each(at.child("nodeName"), nodeName, nameIsSubdomain(nodeName, false));
  }
  if (nodeSelector) {
    set.push("`nodeSelector`");
    validateNodeSelector(problems, at.child("nodeSelector"), nodeSelector);
  }
  if (allNodes) set.push("`allNodes`");
  else if (allNodes === false) {
    problems.invalid(at.child("allNodes"), allNodes, "must be either unset or set to true");
  }
  return set;
}

function validateNodes(
  problems: Problems,
  at: Path,
  device: DeepReadonly<Device>,
  selectsNodes: boolean,
): void {
  if (!selectsNodes) {
    const { allNodes, nodeName, nodeSelector } = device;
    if (allNodes === undefined && nodeName === undefined && !nodeSelector) return;
    const detail =
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    problems.invalid(at, null, detail);
    return;
  }
  const set = validatePlaces(problems, at, device, "must not be empty");
  const detail =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (set.length === 0) problems.required(at, detail);
  else if (set.length > 1) problems.invalid(at, `{${set.join(", ")}}`, detail);
}

/** Conditions that a device has to have, or may not have, before a pod can use it. */
export function validateBindingConditions(
  problems: Problems,
  at: Path,
  device: {
    readonly bindingConditions?: readonly string[] | undefined;
    readonly bindingFailureConditions?: readonly string[] | undefined;
  },
): void {
  const { bindingConditions: conditions = [], bindingFailureConditions: failures = [] } = device;
  for (const [field, names] of Object.entries({
    bindingConditions: conditions,
    bindingFailureConditions: failures,
  })) {
    validateItems(problems, at.child(field), names, {
      max: bindingConditionsMax,
      check: (place, name) => validateLabelName(problems, place, name),
      key: (name) => name,
    });
  }
  if (conditions.length > 0 && failures.length === 0) {
    const detail = "bindingFailureConditions are required to use bindingConditions";
    problems.invalid(at.child("bindingFailureConditions"), failures, detail);
  }
  if (failures.length > 0 && conditions.length === 0) {
    const detail = "bindingConditions are required to use bindingFailureConditions";
    problems.invalid(at.child("bindingConditions"), conditions, detail);
  }
  for (const [i, name] of failures.entries()) {
    if (!conditions.includes(name)) continue;
    const detail = "bindingFailureConditions must not overlap with bindingConditions";
    problems.invalid(at.child("bindingFailureConditions").index(i), name, detail);
  }
}
