/**
 * The history of a StatefulSet's or DaemonSet's template: one ControllerRevision per template that
 * it ever had, numbered in the order of their use. `kubectl rollout undo` reads them.
 */
import { type ControllerRevision, controllerRevisions } from "#apis/apps/controller-revision.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import { isReason } from "#machinery/errors.ts";
import { controllerReference, type Draft, type KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { Client } from "#client/client.ts";
import { sameMeaning } from "./equal.ts";
import { shortHash } from "./hash.ts";
import { createdMs } from "./pod-state.ts";

/** Whose history it is, and the label that carries a revision's hash. */
export interface History {
  owner: KubeObject;
  resource: Resource;
  template: PodTemplateSpec;
  hashLabel: string;
  annotations?: Record<string, string>;
}

/** The part of the owner that a revision restores, as a strategic merge patch. */
function dataOf(template: PodTemplateSpec): JsonObject {
  const replacing: object = { ...template, $patch: "replace" };
  return { spec: { template: replacing as JsonObject } };
}

export function sortRevisions(revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return revisions.toSorted(
    (a, b) =>
      a.revision - b.revision ||
      createdMs(a) - createdMs(b) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

/** What has to be done so that the newest revision is the current template's. Pure. */
export function planRevision(
  history: History,
  revisions: readonly ControllerRevision[],
  collisions: number,
):
  | { current: ControllerRevision }
  | { renumber: ControllerRevision }
  | { create: Draft<ControllerRevision> } {
  const { owner, resource, template, hashLabel, annotations } = history;
  const sorted = sortRevisions(revisions);
  const data = dataOf(template);
  const last = sorted.at(-1);
  const next = (last?.revision ?? 0) + 1;
  const equal = sorted.findLast((revision) => sameMeaning(revision.data, data));
  if (equal && equal === last) return { current: equal };
  if (equal) return { renumber: { ...equal, revision: next } };
  const hash = shortHash(data, collisions);
  const { namespace, name } = owner.metadata;
  return {
    create: {
      metadata: {
        name: `${name}-${hash}`,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...template.metadata.labels, [hashLabel]: hash },
        ...(annotations ? { annotations } : {}),
        ownerReferences: [controllerReference(owner, resource)],
      },
      data,
      revision: next,
    },
  };
}

/** Thrown when another revision has the name that ours would have: try the next hash. */
export class RevisionCollision extends Error {
  override name = "RevisionCollision";
}

/** The revision of the current template, made or renumbered as needed. */
export async function currentRevision(
  client: Client,
  history: History,
  revisions: readonly ControllerRevision[],
  collisions: number,
): Promise<ControllerRevision> {
  const plan = planRevision(history, revisions, collisions);
  if ("current" in plan) return plan.current;
  if ("renumber" in plan) return client.update(controllerRevisions, plan.renumber);
  try {
    return await client.create(controllerRevisions, plan.create);
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
    const { namespace, name = "" } = plan.create.metadata;
    const existing = await client.get(controllerRevisions, { namespace, name });
    if (sameMeaning(existing.data, plan.create.data)) return existing;
    throw new RevisionCollision(`revision ${name} is taken`, { cause: error });
  }
}

/** Old revisions beyond the limit that nothing uses, oldest first. Pure. */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  used: ReadonlySet<string>,
  limit: number,
): ControllerRevision[] {
  const unused = sortRevisions(revisions).filter(({ metadata }) => !used.has(metadata.name));
  return unused.slice(0, Math.max(0, unused.length - limit));
}

export async function deleteRevisions(
  client: Client,
  revisions: readonly ControllerRevision[],
): Promise<void> {
  for (const { metadata } of revisions) {
    await client.delete(controllerRevisions, metadata).catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }
}

/** The template that a revision holds. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  if (!data.spec?.template) return undefined;
  const { $patch: _, ...template } = data.spec.template;
  return template;
}
