/**
 * The Endpoints controller fills the Endpoints object of each Service that has a selector, for
 * clients that do not know EndpointSlices.
 * Reads Service, Pod. Writes Endpoints.
 */
import { type Endpoints, endpoints } from "#apis/core/endpoints.ts";
import { pods } from "#apis/core/pod.ts";
import { type Service, services } from "#apis/core/service.ts";
import { isReason } from "#machinery/errors.ts";
import { fromKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import {
  defineController,
  done,
  type ReconcileContext,
  watching,
  isNamespaceTerminating,
} from "#client/reconciler.ts";
import { podMatters } from "../endpointslice/endpoints-of.ts";
import { servicesFor } from "../endpointslice/index.ts";
import { sameMeaning } from "../shared/equal.ts";
import { messageOf } from "../shared/pod-control.ts";
import { mapMatcher } from "../shared/selector.ts";
import {
  addressesMax,
  endpointsLabels,
  managedBy,
  managedByLabel,
  overCapacityAnnotation,
  planSubsets,
} from "./plan.ts";

export const endpointsController = defineController<Service>({
  name: "endpoints-controller",
  account: "endpoint-controller",
  component: "endpoint-controller",
  for: services,
  watches: [
    watching(pods, (pod, caches) => servicesFor(pod, caches), podMatters),
    watching(endpoints, (object) => [keyOf(object)]),
  ],
  async reconcile(key, context) {
    const service = context.caches.get(services, key);
    if (!service) await removeLeftover(key, context);
    else if (service.spec.type !== "ExternalName" && service.spec.selector) {
      await fill(service, key, context);
    }
    return done;
  },
});

/** Endpoints that we made go with their Service; those that users made are theirs. */
async function removeLeftover(key: ObjectKey, { caches, client }: ReconcileContext): Promise<void> {
  const left = caches.get(endpoints, key);
  if (left?.metadata.labels?.[managedByLabel] !== managedBy) return;
  await client.delete(endpoints, fromKey(key)).catch((error: unknown) => {
    if (!isReason(error, "NotFound")) throw error;
  });
}

async function fill(service: Service, key: ObjectKey, context: ReconcileContext): Promise<void> {
  const { caches, client, recorder } = context;
  const { namespace = "", name } = service.metadata;
  const matches = mapMatcher(service.spec.selector);
  const selected = caches
    .of(pods)
    .list(namespace)
    .filter((pod) => matches(pod.metadata.labels));
  const subsets = planSubsets(service, selected);
  const labels = endpointsLabels(service);
  const current = caches.get(endpoints, key);
  if (current && same(current, subsets, labels)) return;
  const { [overCapacityAnnotation]: _, ...kept } = current?.metadata.annotations ?? {};
  const full = selected.length > addressesMax;
  const annotations = full ? { ...kept, [overCapacityAnnotation]: "truncated" } : kept;
  const metadata = { ...current?.metadata, namespace, name, labels, annotations };
  try {
    if (current) await client.update(endpoints, { ...current, metadata, subsets });
    else await client.create(endpoints, { metadata, subsets });
  } catch (error) {
    if (isNamespaceTerminating(error)) return;
    if (!isReason(error, "Conflict", "AlreadyExists")) {
      const reason = current ? "FailedToUpdateEndpoint" : "FailedToCreateEndpoint";
      const verb = current ? `update endpoint ${key}` : `create endpoint for service ${key}`;
      recorder.warning(service, reason, `Failed to ${verb}: ${messageOf(error)}`);
    }
    throw error;
  }
}

function same(
  current: Endpoints,
  subsets: Endpoints["subsets"],
  labels: Record<string, string>,
): boolean {
  const before = current.metadata.labels ?? {};
  const names = Object.keys(labels);
  const sameLabels =
    names.length === Object.keys(before).length &&
    names.every((label) => before[label] === labels[label]);
  return sameLabels && sameMeaning(current.subsets, subsets);
}
