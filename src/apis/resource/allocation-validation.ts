import { path, type Path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { parseIp } from "#machinery/validation/ip.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateNodeSelector } from "../core/affinity-validation.ts";
import { validateConditions } from "../meta/conditions-validation.ts";
import type { AllocationResult, DeviceRequestAllocationResult } from "./allocation.ts";
import {
  configsMax,
  requestNames,
  validateRequestRef,
  validateRequestRefs,
} from "./device-claim-validation.ts";
import {
  validateDeviceName,
  validateDriverName,
  validateItems,
  validatePoolName,
} from "./device-names-validation.ts";
import { validateDeviceConfiguration, validateRaw } from "./device-selector-validation.ts";
import { validateBindingConditions } from "./device-validation.ts";
import type {
  AllocatedDeviceStatus,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "./resource-claim.ts";

/** The rules for what the scheduler gave to a ResourceClaim, and drivers say about it. */

const at = path("status");
const resultsMax = 32;
const consumersMax = 256;
const conditionsMax = 8;
const dataBytesMax = 10 * 1024;
const interfaceBytesMax = 256;
const hardwareAddressBytesMax = 128;
const ipsMax = 16;
const uidFormat = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function validateClaimStatus(
  problems: Problems,
  { metadata, spec, status }: ResourceClaim,
  old: ResourceClaim,
): void {
  const { allocation, devices = [], reservedFor = [] } = status ?? {};
  const reservedAt = at.child("reservedFor");
  validateItems(problems, reservedAt, reservedFor, {
    max: consumersMax,
    check: (place, consumer) => validateConsumer(problems, place, consumer),
    key: ({ uid }) => uid,
  });
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceId));
  validateItems(problems, at.child("devices"), devices, {
    max: Number.POSITIVE_INFINITY,
    check: (place, device) => validateDeviceStatus(problems, place, device, allocated),
    key: deviceId,
  });
  if (reservedFor.length > 0 && !allocation) {
    problems.forbidden(reservedAt, "may not be specified when `allocated` is not set");
  } else if (metadata.deletionTimestamp) {
    const before = old.status?.reservedFor ?? [];
    if (!reservedFor.every((one) => before.some((other) => equalJson(other, one)))) {
      const detail =
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
      problems.forbidden(reservedAt, detail);
    }
  }
  const allocationAt = at.child("allocation");
  const before = old.status?.allocation;
  if (before && allocation) problems.immutable(allocationAt, allocation, before);
  else if (allocation) {
    validateAllocation(problems, allocationAt, allocation, requestNames(spec.devices));
  }
}

function deviceId(device: {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string | undefined;
}): string {
  const { device: name, driver, pool, shareID } = device;
  return `${driver}/${pool}/${name}${shareID === undefined ? "" : `/${shareID}`}`;
}

function validateConsumer(
  problems: Problems,
  place: Path,
  consumer: DeepReadonly<ResourceClaimConsumerReference>,
): void {
  for (const field of ["resource", "name", "uid"] as const) {
    if (consumer[field] === "") problems.required(place.child(field));
  }
}

function validateAllocation(
  problems: Problems,
  place: Path,
  { devices, nodeSelector }: DeepReadonly<AllocationResult>,
  names: ReadonlySet<string>,
): void {
  const devicesAt = place.child("devices");
  validateItems(problems, devicesAt.child("results"), devices?.results, {
    max: resultsMax,
    check: (resultAt, result) => validateResult(problems, resultAt, result, names),
  });
  validateItems(problems, devicesAt.child("config"), devices?.config, {
    max: 2 * configsMax,
    check(configAt, config) {
      problems.requiredOneOf(configAt.child("source"), config.source, ["FromClaim", "FromClass"]);
      validateRequestRefs(problems, configAt.child("requests"), config.requests, names);
      validateDeviceConfiguration(problems, configAt, config);
    },
  });
  if (nodeSelector) validateNodeSelector(problems, place.child("nodeSelector"), nodeSelector);
}

function validateResult(
  problems: Problems,
  place: Path,
  result: DeepReadonly<DeviceRequestAllocationResult>,
  names: ReadonlySet<string>,
): void {
  validateRequestRef(problems, place.child("request"), result.request, names);
  validateDriverName(problems, place.child("driver"), result.driver);
  validatePoolName(problems, place.child("pool"), result.pool);
  validateDeviceName(problems, place.child("device"), result.device);
  validateBindingConditions(problems, place, result);
  validateShareId(problems, place.child("shareID"), result.shareID);
}

function validateShareId(problems: Problems, place: Path, id: string | undefined): void {
  if (id === undefined || uidFormat.test(id)) return;
  const detail =
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters";
  problems.invalid(place, id, detail);
}

function validateDeviceStatus(
  problems: Problems,
  place: Path,
  device: DeepReadonly<AllocatedDeviceStatus>,
  allocated: ReadonlySet<string>,
): void {
  validateDriverName(problems, place.child("driver"), device.driver);
  validatePoolName(problems, place.child("pool"), device.pool);
  validateDeviceName(problems, place.child("device"), device.device);
  validateShareId(problems, place.child("shareID"), device.shareID);
  if (!allocated.has(deviceId(device))) {
    problems.invalid(place, deviceId(device), "must be an allocated device in the claim");
  }
  const conditions = device.conditions ?? [];
  const conditionsAt = place.child("conditions");
  if (conditions.length > conditionsMax) {
    problems.tooMany(conditionsAt, conditions.length, conditionsMax);
  }
  validateConditions(problems, conditionsAt, conditions);
  if (device.data !== undefined && device.data !== null) {
    validateRaw(problems, place.child("data"), device.data, dataBytesMax);
  }
  if (device.networkData) validateNetwork(problems, place.child("networkData"), device.networkData);
}

function validateNetwork(
  problems: Problems,
  place: Path,
  { hardwareAddress, interfaceName, ips }: DeepReadonly<NetworkDeviceData>,
): void {
  problems.maxBytes(place.child("interfaceName"), interfaceName, interfaceBytesMax);
  problems.maxBytes(place.child("hardwareAddress"), hardwareAddress, hardwareAddressBytesMax);
  validateItems(problems, place.child("ips"), ips, {
    max: ipsMax,
    check(ipAt, text) {
      const [ip = "", bits = "", ...rest] = text.split("/");
      const parsed = parseIp(ip);
      const bitsMax = parsed?.family === 6 ? 128 : 32;
      if (parsed && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= bitsMax) return;
      const detail = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
      problems.invalid(ipAt, text, detail);
    },
    key: (ip) => ip,
  });
}
