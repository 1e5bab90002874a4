import type { APIService } from "./apiregistration/api-service.ts";
import type { TokenRequest } from "./authentication/token-request.ts";
import type { EndpointSlice } from "./discovery/endpoint-slice.ts";
import type { PriorityClass } from "./scheduling/priority-class.ts";

/** Kinds that have but a line of defaults and are the only ones of their group to have any. */

export function applyDefaultsToApiService({ spec }: APIService): void {
  if (spec.service) spec.service.port ??= 443;
}

/** An hour. */
export function applyDefaultsToTokenRequest({ spec }: TokenRequest): void {
  spec.expirationSeconds ??= 3600;
}

export function applyDefaultsToEndpointSlice({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
}

export function applyDefaultsToPriorityClass(priorityClass: PriorityClass): void {
  priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
}
