import { path } from "#machinery/field-error.ts";
import { nameIsSubdomain, qualifiedName } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateTemplateMeta } from "../core/claim-validation.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateClaimStatus } from "./allocation-validation.ts";
import { configsMax, validateDeviceClaim } from "./device-claim-validation.ts";
import { type DeviceClass, deviceClasses } from "./device-class.ts";
import {
  validateDeviceName,
  validateDriverName,
  validateItems,
  validatePoolName,
} from "./device-names-validation.ts";
import { validateDeviceConfiguration, validateSelectors } from "./device-selector-validation.ts";
import { validateCounters, validateDevice, validatePlaces } from "./device-validation.ts";
import { type ResourceClaimTemplate, resourceClaimTemplates } from "./resource-claim-template.ts";
import { type ResourceClaim, resourceClaims } from "./resource-claim.ts";
import { type ResourceSlice, resourceSlices, type ResourceSliceSpec } from "./resource-slice.ts";

/** Dynamic resource allocation: devices, classes of them, and claims to them. */

const at = path("spec");
const devicesMax = 128;
const specialDevicesMax = 64;
const counterSetsMax = 8;

function isExtendedResource(name: string): boolean {
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  if (isNative || name.startsWith("requests.")) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}

export const deviceClassStrategy = kindStrategy<DeviceClass>({
  resource: deviceClasses,
  anyGenerateName: true,
  updateMetadata: "both",
  validate(problems, { spec }) {
    validateSelectors(problems, at.child("selectors"), spec.selectors);
    validateItems(problems, at.child("config"), spec.config, {
      max: configsMax,
      check: (place, config) => validateDeviceConfiguration(problems, place, config),
    });
    const name = spec.extendedResourceName;
    if (name === undefined || isExtendedResource(name)) return;
    const detail = "must be a valid extended resource name";
    problems.invalid(at.child("extendedResourceName"), name, detail);
  },
});

export const resourceClaimStrategy = kindStrategy<ResourceClaim>({
  resource: resourceClaims,
  generation: false,
  updateMetadata: "both",
  updateSkipsValidate: true,
  validate: (problems, { spec }) =>
    validateDeviceClaim(problems, at.child("devices"), spec.devices),
  validateUpdate: (problems, { spec }, old) => problems.immutable(at, spec, old.spec),
  status: { keepsMetadata: "all", validateUpdate: validateClaimStatus },
});

export const resourceClaimTemplateStrategy = kindStrategy<ResourceClaimTemplate>({
  resource: resourceClaimTemplates,
  generation: false,
  updateSkipsValidate: true,
  validate(problems, { spec }) {
    validateTemplateMeta(problems, at.child("metadata"), spec.metadata ?? {});
    validateDeviceClaim(problems, path("spec", "spec", "devices"), spec.spec.devices);
  },
  validateUpdate: (problems, { spec }, old) => problems.immutable(at, spec, old.spec),
});

function validateSliceNodes(problems: Problems, spec: ResourceSliceSpec): void {
  const set = validatePlaces(
    problems,
    at,
    spec,
    "must be either unset or set to a non-empty string",
  );
  const terms = spec.nodeSelector?.nodeSelectorTerms;
  if (spec.nodeSelector && (terms ?? []).length !== 1) {
    const termsAt = at.child("nodeSelector").child("nodeSelectorTerms");
    problems.invalid(termsAt, terms, "must have exactly one node selector term");
  }
  const { perDeviceNodeSelection: perDevice } = spec;
  if (perDevice) set.push("`perDeviceNodeSelection`");
  else if (perDevice === false) {
    const place = at.child("perDeviceNodeSelection");
    problems.invalid(place, perDevice, "must be either unset or set to true");
  }
  const rule =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  if (set.length === 0) problems.required(at, rule);
  else if (set.length > 1) {
    problems.invalid(at, `{${set.join(", ")}}`, `${rule}, but multiple fields are set`);
  }
}

function validateSlice(problems: Problems, { spec }: ResourceSlice): void {
  const { devices, driver, pool, sharedCounters } = spec;
  validateDriverName(problems, at.child("driver"), driver);
  const poolAt = at.child("pool");
  validatePoolName(problems, poolAt.child("name"), pool.name);
  if (pool.resourceSliceCount <= 0) {
    const countAt = poolAt.child("resourceSliceCount");
    problems.invalid(countAt, pool.resourceSliceCount, "must be greater than zero");
  }
  if (pool.generation < 0) {
    const detail = "must be greater than or equal to zero";
    problems.invalid(poolAt.child("generation"), pool.generation, detail);
  }
  validateSliceNodes(problems, spec);
  if (devices && sharedCounters) {
    problems.invalid(at, "", "only one of `sharedCounters` or `devices` is allowed");
  }
  const isSpecial = (devices ?? []).some(
    ({ consumesCounters = [], taints = [] }) => consumesCounters.length > 0 || taints.length > 0,
  );
  validateItems(problems, at.child("devices"), devices, {
    max: isSpecial ? specialDevicesMax : devicesMax,
    check: (place, device) =>
      validateDevice(problems, place, device, spec.perDeviceNodeSelection === true),
    key: ({ name }) => name,
  });
  validateItems(problems, at.child("sharedCounters"), sharedCounters, {
    max: counterSetsMax,
    check(place, { counters, name }) {
      validateDeviceName(problems, place.child("name"), name);
      validateCounters(problems, place.child("counters"), counters);
    },
    key: ({ name }) => name,
  });
}

export const resourceSliceStrategy = kindStrategy<ResourceSlice>({
  resource: resourceSlices,
  generation: true,
  validateName: nameIsSubdomain,
  validate: validateSlice,
  validateUpdate(problems, { spec }, old) {
    const { driver, nodeName, pool } = old.spec;
    problems.immutable(at.child("pool").child("name"), spec.pool.name, pool.name);
    problems.immutable(at.child("driver"), spec.driver, driver);
    if (!equalJson(spec.nodeName, nodeName)) {
      problems.immutable(at.child("nodeName"), spec.nodeName ?? "", nodeName ?? "");
    }
  },
});
