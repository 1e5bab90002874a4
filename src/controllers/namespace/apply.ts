import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { isReason } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "#client/client.ts";
import { discover } from "#client/discovery.ts";
import { messageOf } from "../shared/pod-control.ts";
import type { DeletionState, Remaining } from "./plan.ts";

/**
 * Deletes what the namespace holds, pods first (KEP-5080: policies and secrets must outlive the
 * pods that rely on them), and says what remains.
 */
export async function deleteContent(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<DeletionState> {
  const { resources, failed } = await discover(client, signal);
  const deletable = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes("delete") && verbs.includes("list"),
  );
  const isPods = ({ group, plural }: Resource) => group === "" && plural === "pods";
  const podsFirst = await deleteAll(client, deletable.filter(isPods), namespace);
  const state = { ...podsFirst, undiscovered: failed };
  if (podsFirst.remaining.length > 0 || podsFirst.failures.length > 0) return state;
  const others = deletable.filter((resource) => !isPods(resource));
  return { ...(await deleteAll(client, others, namespace)), undiscovered: failed };
}

async function deleteAll(
  client: Client,
  resources: readonly Resource[],
  namespace: string,
): Promise<Pick<DeletionState, "remaining" | "failures">> {
  const remaining: Remaining[] = [];
  const failures: string[] = [];
  await Promise.all(
    resources.map(async (resource) => {
      try {
        const left = await deleteOne(client, resource, namespace);
        if (left.length > 0) remaining.push(summary(resource, left));
      } catch (error) {
        // A resource that is gone by now (a custom one, with its definition) has no content.
        if (isReason(error, "NotFound", "MethodNotAllowed")) return;
        failures.push(`${resource.plural}.${resource.group}: ${messageOf(error)}`);
      }
    }),
  );
  return { remaining, failures };
}

async function deleteOne(
  client: Client,
  resource: Resource,
  namespace: string,
): Promise<KubeObject[]> {
  const list = async () => (await client.list(resource, { namespace, metadataOnly: true })).items;
  const before = await list();
  if (before.length === 0) return before;
  const how = { propagationPolicy: "Background" } as const;
  if (resource.verbs.includes("deletecollection")) {
    await client.deleteCollection(resource, { namespace }, how);
  } else {
    for (const { metadata } of before) {
      await client.delete(resource, metadata, how).catch((error: unknown) => {
        if (!isReason(error, "NotFound")) throw error;
      });
    }
  }
  return list();
}

function summary({ plural, group }: Resource, left: readonly KubeObject[]): Remaining {
  const finalizers: Record<string, number> = {};
  for (const { metadata } of left) {
    for (const name of metadata.finalizers ?? []) finalizers[name] = (finalizers[name] ?? 0) + 1;
  }
  return { resource: `${plural}.${group}`, count: left.length, finalizers };
}

/** Takes our finalizer off, after which the server removes the namespace. */
export async function finalize(client: Client, namespace: Namespace): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((name) => name !== "kubernetes");
  const spec = { ...namespace.spec, finalizers };
  await client.update(namespaces, { ...namespace, spec }, { subresource: "finalize" });
}
