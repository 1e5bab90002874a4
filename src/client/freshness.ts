import { ApiError } from "#machinery/errors.ts";
import { type KubeObject, type ObjectKey, toKey } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client, ObjectName } from "./client.ts";
import { type Informer, isAfter } from "./informer.ts";

/** A write of which nobody knows whether it was done: the answer was lost. */
interface Doubt {
  resource: Resource;
  namespace: string;
  /** What was to be deleted: its key by uid. */
  deleted: Map<string, ObjectKey>;
}

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
  /** By collection path. */
  readonly #doubts = new Map<string, Doubt>();

  get pending(): boolean {
    return this.#written.size > 0 || this.#deleted.size > 0 || this.#doubts.size > 0;
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

  /** The outcome of a write is not known; `deleted` names what it was to delete. */
  doubt(
    resource: Resource,
    namespace: string | undefined,
    deleted?: { uid: string; key: ObjectKey },
  ): void {
    const path = resource.path(namespace);
    const doubt: Doubt = this.#doubts.get(path) ?? {
      resource,
      namespace: namespace ?? "",
      deleted: new Map(),
    };
    if (deleted) doubt.deleted.set(deleted.uid, deleted.key);
    this.#doubts.set(path, doubt);
  }

  /** Asks the server what became of doubtful writes. @throws when it does not answer. */
  async resolveDoubts(client: Client, signal: AbortSignal): Promise<void> {
    for (const [path, { resource, namespace, deleted }] of this.#doubts) {
      const { items } = await client.list(resource, { namespace, signal });
      const standing = new Set<string>();
      for (const { metadata } of items) {
        this.wrote(resource, metadata.resourceVersion);
        if (metadata.deletionTimestamp === undefined) standing.add(metadata.uid ?? "");
      }
      for (const [uid, key] of deleted) {
        if (!standing.has(uid)) this.deleted(resource, key, uid);
      }
      this.#doubts.delete(path);
    }
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
  async function note<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string | undefined,
    write: Promise<T>,
  ): Promise<T> {
    try {
      const object = await write;
      freshness.wrote(resource, object.metadata?.resourceVersion);
      return object;
    } catch (error) {
      if (!(error instanceof ApiError)) freshness.doubt(resource, namespace);
      throw error;
    }
  }
  return {
    ...client,
    create: (resource, draft, o) =>
      note(resource, namespaceOf(draft), client.create(resource, draft, o)),
    update: (resource, object, o) =>
      note(resource, namespaceOf(object), client.update(resource, object, o)),
    updateStatus: (resource, object, o) =>
      note(resource, namespaceOf(object), client.updateStatus(resource, object, o)),
    patch: (resource, at, patch, o) =>
      note(resource, at.namespace, client.patch(resource, at, patch, o)),
    async delete(resource, at: ObjectName, o) {
      const key = toKey(resource.namespaced ? at.namespace : "", at.name);
      const asked = o?.preconditions?.uid;
      try {
        const answer = await client.delete(resource, at, o);
        const uid = asked ?? deletedUid(answer);
        if (uid) freshness.deleted(resource, key, uid);
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError)) {
          freshness.doubt(resource, at.namespace, asked ? { uid: asked, key } : undefined);
        }
        throw error;
      }
    },
  };
}

function namespaceOf(object: object): string | undefined {
  return (object as { metadata?: { namespace?: string } }).metadata?.namespace;
}

/** The uid of what a delete removed, from the object or the Status that answers it. */
function deletedUid(answer: object): string | undefined {
  const object = answer as Partial<KubeObject> & { details?: { uid?: string } };
  return object.metadata?.uid ?? object.details?.uid;
}
