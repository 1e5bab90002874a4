import { isStored, storageOf } from "#apis/registry.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { limits } from "../limits.ts";
import type { ApiResponse } from "../response.ts";
import type { Printer } from "../tables/printer.ts";
import { type CachedObject, type StoredShape, storedShape } from "../watch-cache/cached-object.ts";
import type { CachedResource } from "../watch-cache/resource-cache.ts";
import { type SelectableFields, selectableFields, triggerFields } from "./selectable-fields.ts";
import type { ResourceContext } from "./context.ts";
import { conversionFor, type VersionConversion } from "./conversion.ts";
import { strategyOf } from "./plain-strategies.ts";

/** A resource as this server serves it: its identity and all that handling it needs. */
export interface Served {
  readonly resource: Resource;
  readonly strategy: Strategy;
  /** How its JSON begins in the version served. */
  readonly shape: StoredShape;
  readonly fields: SelectableFields;
  /** Undefined for resources that are not stored. */
  readonly storage: ServedStorage | undefined;
  /** How `kubectl get` shows it; none: as `printerFor` says. */
  readonly printer?: Printer;
  /** Tells apart what is made of different states of one CustomResourceDefinition. */
  readonly state?: string;
  /** What everybody who asks for it is warned with. */
  readonly warnings?: readonly string[];
  /** Subresources that are not like those of built-in resources, by name. */
  readonly handlers?: Readonly<Record<string, StoredHandler>>;
}

/** Answers a request for something that is stored. */
export type StoredHandler = (
  context: ResourceContext,
  storage: ServedStorage,
) => ApiResponse | Promise<ApiResponse>;

export interface ServedStorage extends CachedResource {
  readonly storedAs: Resource;
  readonly ttlSeconds: number | undefined;
  /** Undefined when the version served is the version stored. */
  readonly conversion: VersionConversion | undefined;
}

/** Everything that has to be known to serve `resource`. */
export function serve(resource: Resource): Served {
  const fields = selectableFields(resource);
  return {
    resource,
    strategy: strategyOf(resource),
    shape: storedShape(resource.apiVersion, resource.kind),
    fields,
    storage: isStored(resource) ? storageFor(resource, fields) : undefined,
  };
}

function storageFor(resource: Resource, fields: SelectableFields): ServedStorage {
  const { prefix, storedAs } = storageOf(resource);
  const trigger = triggerFields[`${resource.group}/${resource.plural}`];
  const triggerOf = trigger === undefined ? undefined : fields[trigger];
  return {
    prefix,
    storedAs,
    shape: storedShape(storedAs.apiVersion, storedAs.kind),
    ttlSeconds: resource.plural === "events" ? limits.eventTtlSeconds : undefined,
    conversion: storedAs === resource ? undefined : conversionFor(resource),
    ...(triggerOf ? { triggerOf } : {}),
  };
}

/** The group and kind that errors about an object name: that of the version stored. */
export function errorKind({ resource, storage }: Served): { group: string; kind: string } {
  const { group, kind } = storage?.storedAs ?? resource;
  return { group, kind };
}

/** A stored object in the version that is served. */
export function present({ storage, shape }: Served, stored: CachedObject): CachedObject {
  const conversion = storage?.conversion;
  return conversion
    ? stored.view(conversion, (object) => conversion.fromStored(object), shape)
    : stored;
}

/** Undefined, or resolves, when `present` can be called for these. */
export function presentable(
  { storage }: Served,
  stored: readonly CachedObject[],
): Promise<void> | undefined {
  const conversion = storage?.conversion;
  if (!conversion?.prepare) return undefined;
  const objects = stored.map(({ object }) => object);
  if (objects.every((object) => conversion.isReady?.(object))) return undefined;
  return conversion.prepare(objects);
}

/** The object to store for one in the version that is served. */
export function toStored(
  { storage }: Served,
  object: KubeObject,
): KubeObject | Promise<KubeObject> {
  return storage?.conversion ? storage.conversion.toStored(object) : object;
}

/** The key of an object. */
export function storageKey(storage: ServedStorage, namespace: string, name: string): string {
  return namespace === "" ? storage.prefix + name : `${storage.prefix}${namespace}/${name}`;
}
