import {
  keyOf,
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
  toKey,
} from "#machinery/meta.ts";
import { parseApiVersion, type Resource } from "#machinery/resource.ts";
import type { Informer } from "#client/informer.ts";

/** An object that the collector may have to act upon, named so that it can be found again. */
export interface Node {
  resource: Resource;
  key: ObjectKey;
  uid: string;
}

/**
 * Who depends on whom. Only objects with owners are noted here; all else is looked up in the
 * informers, so that the graph costs little beside them.
 */
export class Graph {
  readonly #informers = new Map<string, Informer<KubeObject>>();
  /** Group and kind to the resource that serves it. */
  readonly #kinds = new Map<string, Resource>();
  /** The uid of an owner to its dependents by their uid. */
  readonly #dependents = new Map<string, Map<string, Node>>();

  /** Notes a resource whose objects are followed. */
  addResource(resource: Resource, informer: Informer<KubeObject>): void {
    this.#informers.set(resource.path(), informer);
    this.#kinds.set(kindKey(resource.group, resource.kind), resource);
  }

  removeResource(resource: Resource): void {
    this.#informers.delete(resource.path());
    this.#kinds.delete(kindKey(resource.group, resource.kind));
  }

  hasResource(resource: Resource): boolean {
    return this.#informers.has(resource.path());
  }

  get resources(): Resource[] {
    return [...this.#kinds.values()];
  }

  /** Whether all that is followed has been listed. */
  get synced(): boolean {
    return [...this.#informers.values()].every(({ hasSynced }) => hasSynced);
  }

  objectOf({ resource, key, uid }: Node): KubeObject | undefined {
    const object = this.#informers.get(resource.path())?.get(key);
    return object?.metadata.uid === uid ? object : undefined;
  }

  /** Notes that an object changed: `next` undefined means that it is gone. */
  changed(resource: Resource, next: KubeObject | undefined, old: KubeObject | undefined): void {
    if (next?.metadata.ownerReferences === old?.metadata.ownerReferences && next) return;
    const uid = (next ?? old)?.metadata.uid ?? "";
    for (const owner of old?.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
    if (!next?.metadata.ownerReferences) return;
    const node: Node = { resource, key: keyOf(next), uid };
    for (const owner of next.metadata.ownerReferences) {
      const dependents = this.#dependents.get(owner.uid);
      if (dependents) dependents.set(uid, node);
      else this.#dependents.set(owner.uid, new Map([[uid, node]]));
    }
  }

  dependentsOf(uid: string): Node[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  hasDependents(uid: string): boolean {
    return this.#dependents.has(uid);
  }

  /** The resource that an owner reference speaks of, if the server has such a kind. */
  resourceOf({ apiVersion, kind }: OwnerReference): Resource | undefined {
    return this.#kinds.get(kindKey(parseApiVersion(apiVersion).group, kind));
  }

  /** The owner as the informers have it; undefined when they do not have this very object. */
  ownerOf(dependent: KubeObject, owner: OwnerReference): KubeObject | undefined {
    const resource = this.resourceOf(owner);
    if (!resource) return undefined;
    const key = toKey(resource.namespaced ? dependent.metadata.namespace : "", owner.name);
    return this.objectOf({ resource, key, uid: owner.uid });
  }
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}
