/** Creates and deletes pods for their owners, and tells users about it in the owner's events. */
import { type Pod, pods } from "#apis/core/pod.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import { isReason } from "#machinery/errors.ts";
import { controllerReference, type Draft, type KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import { isNamespaceTerminating } from "#client/reconciler.ts";

export interface PodControl {
  client: Client;
  recorder: EventRecorder;
}

/** The pod that a template stands for, owned by `owner`; the server draws the end of its name. */
export function podFromTemplate(
  template: PodTemplateSpec,
  owner: KubeObject,
  resource: Resource,
): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata;
  const { namespace, name } = owner.metadata;
  return {
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      generateName: podNamePrefix(name),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner, resource)],
    },
    spec: template.spec,
  };
}

/** Owners with names too long for a pod's prefix cut theirs on the server's side. */
function podNamePrefix(owner: string): string {
  return `${owner}-`;
}

/**
 * @throws ApiError; a namespace that is being deleted is no news, so there is no event then.
 */
export async function createPod(
  { client, recorder }: PodControl,
  owner: KubeObject,
  draft: Draft<Pod>,
): Promise<Pod> {
  try {
    const pod = await client.create(pods, draft);
    recorder.normal(owner, "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      recorder.warning(owner, "FailedCreate", `Error creating: ${messageOf(error)}`);
    }
    throw error;
  }
}

/** @throws Error whose message users see in conditions; a pod that is gone already is fine. */
export async function deletePod(
  { client, recorder }: PodControl,
  owner: KubeObject,
  pod: Pod,
): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  try {
    await client.delete(pods, { namespace, name }, uid ? { preconditions: { uid } } : {});
    recorder.normal(owner, "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    if (isReason(error, "NotFound", "Conflict")) return;
    recorder.warning(owner, "FailedDelete", `Error deleting: ${messageOf(error)}`);
    throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
