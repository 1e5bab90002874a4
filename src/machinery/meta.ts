import type { ListMeta, ObjectMeta, OwnerReference } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import type { TypeMeta } from "./schema/schema.ts";

export type { ListMeta, ObjectMeta, OwnerReference, TemplateMeta } from "./object-meta.ts";

/** Anything with `apiVersion`, `kind` and `metadata`. */
export interface KubeObject extends TypeMeta {
  metadata: ObjectMeta;
}

/** A page of a collection. */
export interface KubeList<T> extends TypeMeta {
  metadata: ListMeta;
  items: T[];
}

/** What one sends to create a `T`: the server fills in the rest. */
export type Draft<T extends KubeObject> = Omit<T, "apiVersion" | "kind" | "metadata"> &
  Partial<TypeMeta> & { metadata: Partial<ObjectMeta> };

declare const brand: unique symbol;
/** `namespace/name`, or `name` alone for objects of the cluster; made by `keyOf` and `toKey`. */
export type ObjectKey = string & { readonly [brand]: "ObjectKey" };

/** The key of an object in caches, queues and logs. */
export function keyOf(object: { readonly metadata: DeepReadonly<Partial<ObjectMeta>> }): ObjectKey {
  return toKey(object.metadata.namespace, object.metadata.name ?? "");
}

/** The key of the object with this name; no namespace (or "") for objects of the cluster. */
export function toKey(namespace: string | undefined, name: string): ObjectKey {
  return (namespace ? `${namespace}/${name}` : name) as ObjectKey;
}

/** The parts of a key; the namespace of objects of the cluster is "". */
export function fromKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  if (slash < 0) return { namespace: "", name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

type Owned = { readonly metadata: DeepReadonly<Partial<ObjectMeta>> };

/** The one owner that manages the object, if any. */
export function controllerOf(object: Owned): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** Whether `owner` (this very object, not another of its name) manages the object. */
export function isControlledBy(object: Owned, owner: Owned): boolean {
  const uid = controllerOf(object)?.uid;
  return uid !== undefined && uid === owner.metadata.uid;
}

/** A reference that makes `owner` the controller of what carries it; blocks owner deletion. */
export function controllerReference(
  owner: { readonly metadata: DeepReadonly<ObjectMeta> },
  type: { readonly apiVersion: string; readonly kind: string },
): OwnerReference {
  return {
    apiVersion: type.apiVersion,
    kind: type.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}
