import { allResources } from "#apis/all.ts";
import { isStored, storageOf } from "#apis/registry.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import { conversionFor } from "../rest/conversion.ts";

/** The versions and groups in which the same objects are served, and how to get from one to another. */
export interface Equivalents {
  /** All others in which objects of the resource are served. */
  of(resource: Resource): readonly Resource[];
  /** The object as another equivalent resource shows it. */
  convert(
    object: DeepReadonly<KubeObject>,
    from: Resource,
    to: Resource,
  ): KubeObject | Promise<KubeObject>;
}

const byStorage = Map.groupBy(
  allResources.filter(isStored),
  (resource) => storageOf(resource).prefix,
);

/** Those of built-in resources. */
export const builtInEquivalents: Equivalents = {
  of(resource) {
    if (!allResources.includes(resource) || !isStored(resource)) return [];
    const all = byStorage.get(storageOf(resource).prefix) ?? [];
    return all.length === 1 ? [] : all.filter((one) => one !== resource);
  },
  async convert(object, from, to) {
    const given = object as KubeObject;
    const stored = (await conversionFor(from)?.toStored(given)) ?? given;
    return conversionFor(to)?.fromStored(stored) ?? stored;
  },
};
