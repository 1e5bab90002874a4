import type { Endpoints } from "./endpoints.ts";
import type { LimitRange } from "./limit-range.ts";
import type { Namespace } from "./namespace.ts";
import type { Node } from "./node.ts";
import { applyDefaultsToPodTemplate } from "./pod-spec-defaults.ts";
import type { PodTemplate } from "./pod-template.ts";
import type { ReplicationController } from "./replication-controller.ts";
import type { Secret } from "./secret.ts";

/** The core kinds that have but a line or two of defaults. */

export function applyDefaultsToEndpoints(endpoints: Endpoints): void {
  for (const subset of endpoints.subsets ?? []) {
    for (const port of subset.ports ?? []) port.protocol ??= "TCP";
  }
}

/** A container's default limit is the maximum; its default request that limit, else the minimum. */
export function applyDefaultsToLimitRange({ spec }: LimitRange): void {
  for (const item of spec.limits ?? []) {
    if (item.type !== "Container") continue;
    const limits = { ...item.max, ...item.default };
    const requests = { ...item.min, ...limits, ...item.defaultRequest };
    if (Object.keys(limits).length > 0) item.default = limits;
    if (Object.keys(requests).length > 0) item.defaultRequest = requests;
  }
}

/** The label by which selectors can name a namespace. */
const namespaceNameLabel = "kubernetes.io/metadata.name";

export function applyDefaultsToNamespace(namespace: Namespace): void {
  const { metadata } = namespace;
  namespace.status ??= {};
  namespace.status.phase ??= "Active";
  if (metadata.name) {
    metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name };
  }
}

export function applyDefaultsToNode({ status }: Node): void {
  if (status?.capacity) status.allocatable ??= { ...status.capacity };
}

export function applyDefaultsToPodTemplateObject({ template }: PodTemplate): void {
  applyDefaultsToPodTemplate(template);
}

export function applyDefaultsToReplicationController(controller: ReplicationController): void {
  const { metadata, spec } = controller;
  const labels = spec.template?.metadata.labels;
  if (labels) {
    spec.selector ??= { ...labels };
    metadata.labels ??= { ...labels };
  }
  if (spec.template) applyDefaultsToPodTemplate(spec.template);
}

/** Clients may write values as plain text; they are kept and shown as `data` only. */
export function applyDefaultsToSecret(secret: Secret): void {
  secret.type ??= "Opaque";
  const { stringData } = secret;
  if (!stringData) return;
  const encoded = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(text).toString("base64")] as const,
  );
  secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}
