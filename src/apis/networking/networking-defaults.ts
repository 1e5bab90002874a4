import type { IngressClass } from "./ingress-class.ts";
import type { NetworkPolicy } from "./network-policy.ts";

export function applyDefaultsToNetworkPolicy({ spec }: NetworkPolicy): void {
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  }
  spec.policyTypes ??= (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

export function applyDefaultsToIngressClass({ spec }: IngressClass): void {
  if (spec.parameters) spec.parameters.scope ??= "Cluster";
}
