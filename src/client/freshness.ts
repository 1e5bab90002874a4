import { type KubeObject, type ObjectKey, toKey } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client, ObjectName } from "./client.ts";
import { type Informer, isAfter } from "./informer.ts";

/**
 * Read your own writes: a reconciler that has written must not decide again before its caches have
 * seen what it wrote, or it would, for instance, create the same pods twice. (Upstream counts
 * "expectations" of creations and deletions; revisions say the same more simply.)
 */
export class Freshness {
  /** By resource path: the latest revision written. */
  readonly #written = new Map<string, string>();
  /** By resource path and key: the uid of what was deleted. */
  readonly #deleted = new Map<string, Map<ObjectKey, string>>();

  get pending(): boolean {
    return this.#written.size > 0 || this.#deleted.size > 0;
  }

  wrote(resource: Resource, resourceVersion: string | undefined): void {
    const path = resource.path();
    if (resourceVersion && isAfter(resourceVersion, this.#written.get(path) ?? "")) {
      this.#written.set(path, resourceVersion);
    }
  }

  deleted(resource: Resource, key: ObjectKey, uid: string): void {
    const path = resource.path();
    const keys = this.#deleted.get(path);
    if (keys) keys.set(key, uid);
    else this.#deleted.set(path, new Map([[key, uid]]));
  }

  /**
   * The first informer that has not caught up, with the revision that it must see. Without such a
   * revision the next change of the informer may tell. Undefined when all is seen.
   */
  behind(
    informers: Iterable<Informer<KubeObject>>,
  ): { informer: Informer<KubeObject>; revision: string | undefined } | undefined {
    for (const informer of informers) {
      const path = informer.resource.path();
      const revision = this.#written.get(path);
      if (revision && isAfter(revision, informer.resourceVersion)) return { informer, revision };
      for (const [key, uid] of this.#deleted.get(path) ?? []) {
        const { metadata } = informer.get(key) ?? {};
        const seen = metadata?.uid !== uid || metadata.deletionTimestamp !== undefined;
        if (!seen) return { informer, revision: undefined };
      }
    }
    this.#written.clear();
    this.#deleted.clear();
    return undefined;
  }
}

/** A client that notes in `freshness` what is written through it. */
export function notingClient(client: Client, freshness: Freshness): Client {
  async function note<T extends KubeObject>(resource: Resource<T>, done: Promise<T>): Promise<T> {
    const object = await done;
    freshness.wrote(resource, object.metadata?.resourceVersion);
    return object;
  }
  return {
    ...client,
    create: (resource, draft, o) => note(resource, client.create(resource, draft, o)),
    update: (resource, object, o) => note(resource, client.update(resource, object, o)),
    updateStatus: (resource, object, o) => note(resource, client.updateStatus(resource, object, o)),
    patch: (resource, at, patch, o) => note(resource, client.patch(resource, at, patch, o)),
    async delete(resource, at: ObjectName, o) {
      const answer = await client.delete(resource, at, o);
      const uid = o?.preconditions?.uid ?? deletedUid(answer);
      const key = toKey(resource.namespaced ? at.namespace : "", at.name);
      if (uid) freshness.deleted(resource, key, uid);
      return answer;
    },
  };
}

/** The uid of what a delete removed, from the object or the Status that answers it. */
function deletedUid(answer: object): string | undefined {
  const object = answer as Partial<KubeObject> & { details?: { uid?: string } };
  return object.metadata?.uid ?? object.details?.uid;
}
