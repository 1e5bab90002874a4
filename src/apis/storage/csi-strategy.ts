import { path, type Path } from "#machinery/field-error.ts";
import { nameIsSubdomain, qualifiedName } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import { validateCsiDriverName } from "../core/vendor-volume-validation.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type CSIDriver, csiDrivers, type CSIDriverSpec, type TokenRequest } from "./csi-driver.ts";
import { type CSINode, type CSINodeDriver, csiNodes } from "./csi-node.ts";
import { csiStorageCapacities, type CSIStorageCapacity } from "./csi-storage-capacity.ts";

const at = path("spec");
const fsGroupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycleModes = ["Persistent", "Ephemeral"];
const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;
const updatePeriodSecondsMin = 10;

function validateTokens(problems: Problems, requests: readonly TokenRequest[]): void {
  const audiences = new Set<string>();
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const place = at.child("tokenRequests").index(i);
    if (audiences.has(audience)) {
      problems.duplicate(place.child("audience"), audience);
      continue;
    }
    audiences.add(audience);
    if (seconds === undefined) continue;
    const secondsAt = place.child("expirationSeconds");
    if (seconds < tokenSecondsMin) {
      problems.invalid(secondsAt, seconds, "may not specify a duration less than 10 minutes");
    }
    if (seconds > tokenSecondsMax) {
      const detail = "may not specify a duration larger than 2^32 seconds";
      problems.invalid(secondsAt, seconds, detail);
    }
  }
}

const needed: Readonly<Partial<Record<keyof CSIDriverSpec, string>>> = {
  attachRequired: "attachedRequired",
  podInfoOnMount: "podInfoOnMount",
  storageCapacity: "storageCapacity",
  seLinuxMount: "seLinuxMount",
};

export const csiDriverStrategy = kindStrategy<CSIDriver>({
  resource: csiDrivers,
  generation: false,
  allowUnconditionalUpdate: false,
  prepareForUpdate(driver, old) {
    if (equalJson(driver.spec, old.spec)) return;
    driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate(problems, { spec }) {
    for (const [field, place] of Object.entries(needed)) {
      if (spec[field as keyof CSIDriverSpec] === undefined) problems.required(at.child(place));
    }
    problems.oneOf(at.child("fsGroupPolicy"), spec.fsGroupPolicy, fsGroupPolicies);
    validateTokens(problems, spec.tokenRequests ?? []);
    for (const mode of spec.volumeLifecycleModes ?? []) {
      problems.oneOf(at.child("volumeLifecycleModes"), mode, lifecycleModes);
    }
    const period = spec.nodeAllocatableUpdatePeriodSeconds;
    if (period !== undefined && period < updatePeriodSecondsMin) {
      const detail = "must be greater than or equal to 10 seconds";
      problems.invalid(at.child("nodeAllocatableUpdatePeriodSeconds"), period, detail);
    }
  },
  validateUpdate(problems, { spec }, old) {
    const { attachRequired, volumeLifecycleModes } = old.spec;
    problems.immutable(at.child("attachedRequired"), spec.attachRequired, attachRequired);
    const modesAt = at.child("volumeLifecycleModes");
    problems.immutable(modesAt, spec.volumeLifecycleModes, volumeLifecycleModes);
  },
});

const nodeIdBytesMax = 256;

function validateDriver(problems: Problems, place: Path, driver: CSINodeDriver): void {
  const { allocatable, name, nodeID, topologyKeys } = driver;
  validateCsiDriverName(problems, place.child("name"), name);
  if (nodeID === "") problems.required(place.child("nodeID"));
  if (Buffer.byteLength(nodeID) > nodeIdBytesMax) {
    const detail = `must be ${nodeIdBytesMax} characters or less`;
    problems.invalid(place.child("nodeID"), nodeID, detail);
  }
  problems.nonNegative(place.child("allocatable").child("count"), allocatable?.count);
  const keys = topologyKeys ?? [];
  for (const [i, key] of keys.entries()) {
    if (key === "") problems.required(place);
    if (keys.indexOf(key) < i) problems.duplicate(place, key);
    problems.each(place, key, qualifiedName(key));
  }
}

function withoutLimits({ allocatable: _, ...driver }: CSINodeDriver): object {
  return driver;
}

export const csiNodeStrategy = kindStrategy<CSINode>({
  resource: csiNodes,
  allowUnconditionalUpdate: false,
  generation: false,
  updateMetadata: "create",
  updateValidatesTwice: true,
  validate(problems, { spec }) {
    const drivers = spec.drivers ?? [];
    for (const [i, driver] of drivers.entries()) {
      const place = at.child("drivers").index(i);
      validateDriver(problems, place, driver);
      if (drivers.findIndex(({ name }) => name === driver.name) < i) {
        problems.duplicate(place.child("name"), driver.name);
      }
    }
  },
  validateUpdate(problems, { spec }, old) {
    for (const before of old.spec.drivers ?? []) {
      for (const driver of spec.drivers ?? []) {
        if (driver.name !== before.name) continue;
        problems.immutable(at.child("drivers"), withoutLimits(driver), withoutLimits(before));
      }
    }
  },
});

export const csiStorageCapacityStrategy = kindStrategy<CSIStorageCapacity>({
  resource: csiStorageCapacities,
  allowUnconditionalUpdate: false,
  updateMetadata: "both",
  validate(problems, { capacity, nodeTopology, storageClassName }) {
    validateLabelSelector(problems, path("nodeTopology"), nodeTopology);
    problems.each("storageClassName", storageClassName, nameIsSubdomain(storageClassName, false));
    if (capacity !== undefined && compareQuantity(capacity, "0") < 0) {
      problems.invalid("capacity", capacity, negativeMessage);
    }
  },
  validateUpdate(problems, { nodeTopology, storageClassName }, old) {
    problems.immutable("nodeTopology", nodeTopology, old.nodeTopology);
    problems.immutable("storageClassName", storageClassName, old.storageClassName);
  },
});
