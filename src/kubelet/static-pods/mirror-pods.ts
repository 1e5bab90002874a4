/** The API's pictures of static pods. */
import type { Logger } from "#base/log.ts";
import type { Node } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { Client } from "#client/client.ts";
import { isReason } from "#machinery/errors.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";
const hashAnnotation = "kubernetes.io/config.hash";

/** What a mirror pod mirrors: the hash of a static pod. */
export function mirrored(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[mirrorAnnotation];
}

export interface MirrorOptions {
  client: Client;
  log: Logger;
  node: () => Node | undefined;
  signal: AbortSignal;
}

/** Makes the mirror of a static pod, or replaces one of an older version of its file. */
export async function ensureMirror(
  { client, log, node, signal }: MirrorOptions,
  pod: Pod,
  mirror: Pod | undefined,
): Promise<void> {
  const { name, namespace, labels, annotations } = pod.metadata;
  const hash = annotations?.[hashAnnotation] ?? "";
  try {
    if (mirror) {
      if (mirrored(mirror) === hash && mirror.metadata.deletionTimestamp === undefined) return;
      await deleteMirror({ client, log }, mirror);
    }
    const owner = node()?.metadata;
    await client.create(
      pods,
      {
        metadata: {
          name,
          namespace,
          ...(labels ? { labels } : {}),
          annotations: { ...annotations, [mirrorAnnotation]: hash },
          ...(owner
            ? {
                ownerReferences: [
                  {
                    apiVersion: "v1",
                    kind: "Node",
                    name: owner.name,
                    uid: owner.uid ?? "",
                    controller: true,
                  },
                ],
              }
            : {}),
        },
        spec: pod.spec,
      },
      { signal },
    );
  } catch (error) {
    if (!isReason(error, "AlreadyExists", "Conflict", "NotFound")) {
      log.warn("mirror pod not made", { pod: `${namespace}/${name}`, error });
    }
  }
}

export async function deleteMirror(
  { client, log }: Pick<MirrorOptions, "client" | "log">,
  mirror: Pod,
): Promise<void> {
  const { name, namespace, uid = "" } = mirror.metadata;
  try {
    const at = { namespace, name };
    await client.delete(pods, at, { gracePeriodSeconds: 0, preconditions: { uid } });
  } catch (error) {
    if (isReason(error, "NotFound", "Conflict")) return;
    log.warn("mirror pod not deleted", { pod: `${namespace}/${name}`, error });
  }
}
