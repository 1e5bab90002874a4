import type { ManagedFieldsEntry } from "../object-meta.ts";
import type { DeepReadonly } from "../readonly.ts";
import { planOf, zeroStruct } from "../schema/plan.ts";
import type { JsonObject, ObjectSchema } from "../schema/schema.ts";
import { compare } from "./compare.ts";
import {
  acquire,
  capUpdaters,
  changes,
  entriesOf,
  isReset,
  type Owner,
  ownersOf,
  releaseChanged,
  withoutUnowned,
} from "./managed-fields.ts";

/** Who writes what, and when. */
export interface WriteRecord {
  readonly schema: ObjectSchema;
  readonly manager: string;
  /** The version that the request speaks, such as `apps/v1`. */
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** RFC 3339 in whole seconds; undefined: entries get no time. */
  readonly now: string | undefined;
  /** Dotted paths that this endpoint does not let clients set. */
  readonly resetFields: readonly string[];
}

interface HasMeta {
  readonly metadata: {
    readonly managedFields?: readonly DeepReadonly<ManagedFieldsEntry>[] | undefined;
  };
}

export interface UpdateRecord extends WriteRecord {
  /** What is stored; undefined for a create. Never changed. */
  readonly live: HasMeta | undefined;
  /** What the client wants to be stored. Never changed. */
  readonly next: HasMeta;
}

/** An object of this type in which nothing is set, as Go would write it. */
export function emptyObject(schema: ObjectSchema): JsonObject {
  return zeroStruct(planOf(schema)) as JsonObject;
}

/**
 * The `managedFields` that `next` shall have: its writer owns what the write added or changed, and
 * nobody owns what it removed. Undefined: none.
 */
export function updateManagedFields(record: UpdateRecord): ManagedFieldsEntry[] | undefined {
  const { live, next } = record;
  const owners = ownersBefore(record);
  if (owners === undefined) {
    return next.metadata.managedFields as ManagedFieldsEntry[] | undefined;
  }
  // Objects that nobody ever tracked stay so until somebody applies.
  if (owners.length === 0 && live !== undefined) return undefined;
  const before = (live as JsonObject | undefined) ?? emptyObject(record.schema);
  const tracked = trackUpdate(owners, record, before, next as unknown as JsonObject);
  return entriesOf(capUpdaters(tracked));
}

/** The owners as the client sent them back, or as they are; undefined: not to be understood. */
function ownersBefore({ live, next, subresource }: UpdateRecord): Owner[] | undefined {
  const liveOwners = () => ownersOf(live?.metadata.managedFields) ?? [];
  if (subresource !== "") return liveOwners();
  const sent = next.metadata.managedFields;
  if (isReset(sent)) return [];
  const owners = ownersOf(sent);
  return owners === undefined || owners.length === 0 ? liveOwners() : owners;
}

/** The owners after a write that is no apply. */
export function trackUpdate(
  owners: readonly Owner[],
  record: WriteRecord,
  live: JsonObject,
  next: JsonObject,
): Owner[] {
  const { apiVersion, manager, now, resetFields, schema, subresource } = record;
  const difference = compare(schema, live, next);
  const changed = withoutUnowned(changes(difference), resetFields);
  const removed = withoutUnowned(difference.removed, resetFields);
  if (changed.isEmpty && removed.isEmpty) return [...owners];
  const identity: Owner = {
    manager,
    operation: "Update",
    apiVersion,
    subresource,
    time: now,
    fields: {},
  };
  const kept = releaseChanged(owners, changed, removed, identity);
  if (changed.isEmpty) return kept;
  return acquire(kept, identity, changed);
}
