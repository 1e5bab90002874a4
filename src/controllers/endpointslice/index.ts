/**
 * The EndpointSlice controller lists the pods behind each Service that has a selector.
 * Reads Service, Pod, Node (for zones). Writes EndpointSlice.
 * endpoints-of.ts and plan.ts say what belongs there, slices.ts packs it with few writes.
 */
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { type Service, services } from "#apis/core/service.ts";
import { type EndpointSlice, endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf, toKey } from "#machinery/meta.ts";
import type { Client } from "#client/client.ts";
import {
  type Caches,
  defineController,
  done,
  watching,
  isNamespaceTerminating,
} from "#client/reconciler.ts";
import { messageOf } from "../shared/pod-control.ts";
import { mapMatcher } from "../shared/selector.ts";
import { podMatters } from "./endpoints-of.ts";
import { managedBy, managedByLabel, planEndpointSlices, serviceNameLabel } from "./plan.ts";
import type { SlicePlan } from "./slices.ts";

export const endpointSliceController = defineController<Service>({
  name: "endpointslice-controller",
  component: "endpoint-slice-controller",
  for: services,
  watches: [
    watching(pods, (pod, caches) => servicesFor(pod, caches), podMatters),
    watching(endpointSlices, ({ metadata: { namespace, labels } }) => {
      const service = labels?.[serviceNameLabel];
      const ours = labels?.[managedByLabel] === managedBy;
      return ours && service ? [toKey(namespace, service)] : [];
    }),
  ],
  reads: [nodes],
  async reconcile(key, context) {
    const { caches, client, recorder } = context;
    const service = caches.get(services, key);
    // Slices of a Service that is gone are the garbage collector's work.
    if (!service || service.spec.type === "ExternalName" || !service.spec.selector) return done;
    const { namespace = "", name } = service.metadata;
    const matches = mapMatcher(service.spec.selector);
    const selected = caches
      .of(pods)
      .list(namespace)
      .filter((pod) => matches(pod.metadata.labels));
    const own = caches
      .of(endpointSlices)
      .list(namespace)
      .filter((slice) => belongsTo(slice, name));
    const nodeOf = (node: string) => caches.get(nodes, toKey(undefined, node));
    const plan = planEndpointSlices(service, selected, nodeOf, own);
    try {
      await applySlices(client, plan);
    } catch (error) {
      if (isNamespaceTerminating(error)) return done;
      const text = `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`;
      if (!isReason(error, "Conflict")) {
        recorder.warning(service, "FailedToUpdateEndpointSlices", text);
      }
      throw error;
    }
    return done;
  },
});

function belongsTo({ metadata: { labels, deletionTimestamp } }: EndpointSlice, service: string) {
  const ours = labels?.[managedByLabel] === managedBy && labels[serviceNameLabel] === service;
  return ours && deletionTimestamp === undefined;
}

/** The keys of the Services whose selector picks the pod. */
export function servicesFor(
  { metadata: { namespace, labels } }: { metadata: Service["metadata"] },
  caches: Caches,
) {
  return caches
    .of(services)
    .list(namespace)
    .filter(({ spec }) => mapMatcher(spec.selector)(labels))
    .map(keyOf);
}

/** Creates before it deletes, so that no endpoint is missing in between. */
export async function applySlices(client: Client, plan: SlicePlan): Promise<void> {
  for (const draft of plan.create) await client.create(endpointSlices, draft);
  for (const slice of plan.update) await client.update(endpointSlices, slice);
  for (const { metadata } of plan.delete) {
    await client.delete(endpointSlices, metadata).catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }
}
