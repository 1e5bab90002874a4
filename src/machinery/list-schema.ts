import type { KubeList, KubeObject } from "./meta.ts";
import { type ListMeta, listMeta } from "./object-meta.ts";
import type { Resource } from "./resource.ts";
import { kind, list, type ObjectSchema, struct } from "./schema/schema.ts";

const known = new WeakMap<ObjectSchema, ObjectSchema>();

/** The type of a resource's lists, such as `PodList`. */
export function listSchemaOf<T extends KubeObject>(
  resource: Resource<T>,
): ObjectSchema<KubeList<T>> {
  const found = known.get(resource.schema);
  if (found) return found as ObjectSchema<KubeList<T>>;
  const made: ObjectSchema = kind(`${resource.schema.package}.${resource.listKind}`, {
    metadata: struct<ListMeta>(listMeta, { tag: 1 }),
    items: list(struct<T>(resource.schema), { tag: 2, always: true, required: true }),
  });
  known.set(resource.schema, made);
  return made as ObjectSchema<KubeList<T>>;
}
