import type { DeviceClaim, DeviceSubRequest } from "./device-claim.ts";
import type { ResourceClaimTemplate } from "./resource-claim-template.ts";
import type { ResourceClaim } from "./resource-claim.ts";

export function applyDefaultsToResourceClaim({ spec }: ResourceClaim): void {
  applyDefaultsToDevices(spec.devices);
}

export function applyDefaultsToResourceClaimTemplate({ spec }: ResourceClaimTemplate): void {
  applyDefaultsToDevices(spec.spec.devices);
}

function applyDefaultsToDevices(devices: DeviceClaim): void {
  for (const { exactly, firstAvailable } of devices.requests ?? []) {
    if (exactly) applyDefaultsToRequest(exactly);
    for (const request of firstAvailable ?? []) applyDefaultsToRequest(request);
  }
}

function applyDefaultsToRequest(
  request: Pick<DeviceSubRequest, "allocationMode" | "count" | "tolerations">,
): void {
  request.allocationMode ??= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ??= 1;
}
