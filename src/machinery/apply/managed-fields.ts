import type { ManagedFieldsEntry } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import type { DeepReadonly } from "../readonly.ts";
import type { JsonObject } from "../schema/schema.ts";
import { covers, type Fields, FieldSet, subtract } from "./field-set.ts";
import type { Comparison } from "./compare.ts";

/** The bookkeeping of `metadata.managedFields`: who owns which fields. */

/** One manager and what it owns. */
export interface Owner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339; undefined where the last operation changed nothing. */
  readonly time: string | undefined;
  readonly fields: Fields;
}

type Entries = readonly DeepReadonly<ManagedFieldsEntry>[] | undefined;

/** The owners that entries speak of; undefined when they are no valid entries. */
export function ownersOf(entries: Entries): Owner[] | undefined {
  const owners: Owner[] = [];
  for (const entry of entries ?? []) {
    const { apiVersion = "", fieldsType = "", manager = "", operation, subresource = "" } = entry;
    if (operation !== "Apply" && operation !== "Update") return undefined;
    if (apiVersion === "" || (fieldsType !== "FieldsV1" && fieldsType !== "")) return undefined;
    if (fieldsType === "") return undefined;
    const owner: Owner = {
      manager,
      operation,
      apiVersion,
      subresource,
      time: entry.time ?? undefined,
      fields: (entry.fieldsV1 ?? {}) as unknown as Fields,
    };
    const same = owners.findIndex((other) => isSame(other, owner));
    if (same >= 0) owners[same] = owner;
    else owners.push(owner);
  }
  return owners;
}

/** Whether two records are of one owner: appliers stay the same when they change versions. */
export function isSame(left: Identity, right: Identity): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    (left.operation === "Apply" || left.apiVersion === right.apiVersion)
  );
}

type Identity = Pick<Owner, "manager" | "operation" | "apiVersion" | "subresource">;

/** The entries for `metadata.managedFields`, in upstream's order. */
export function entriesOf(owners: readonly Owner[]): ManagedFieldsEntry[] | undefined {
  if (owners.length === 0) return undefined;
  return owners.toSorted(order).map((owner) => ({
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: "FieldsV1",
    fieldsV1: owner.fields as unknown as JsonObject,
    ...(owner.subresource === "" ? {} : { subresource: owner.subresource }),
  }));
}

function order(left: Owner, right: Owner): number {
  return (
    compareText(left.operation, right.operation) ||
    compareText(left.time ?? "", right.time ?? "") ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  );
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** `[{}]`: how a client says that nobody owns anything. */
export function isReset(entries: Entries): boolean {
  return entries?.length === 1 && equalJson(entries[0], {});
}

const f = (...names: string[]) => names.map((name) => `f:${name}`);
const unowned = new FieldSet();
for (const path of [
  f("apiVersion"),
  f("kind"),
  f("metadata"),
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => f("metadata", name)),
]) {
  unowned.insert(path);
}

/** What nobody can own: what the server itself keeps, and the fields that this writer cannot set. */
export function withoutUnowned(set: FieldSet, resetFields: readonly string[]): FieldSet {
  if (set.isEmpty) return set;
  let out = set.difference(unowned);
  if (resetFields.length > 0) {
    const reset = new FieldSet();
    for (const path of resetFields) reset.insert(f(...path.split(".")));
    out = out.difference(reset, true);
  }
  return out;
}

/**
 * Takes from every owner what changed or went away, but from the `changer` only the latter; owners
 * of nothing are gone.
 */
export function releaseChanged(
  owners: readonly Owner[],
  changed: FieldSet,
  removed: FieldSet,
  changer?: Identity,
): Owner[] {
  const gone = removed.isEmpty ? changed : changed.union(removed);
  const kept: Owner[] = [];
  for (const owner of owners) {
    const own = changer !== undefined && isSame(owner, changer);
    const fields = subtract(owner.fields, own ? removed : gone);
    if (fields === undefined || Object.keys(fields).length === 0) continue;
    kept.push(fields === owner.fields ? owner : { ...owner, fields });
  }
  return kept;
}

/** Adds fields to the owner with this identity, who is new if there is none such. */
export function acquire(owners: Owner[], identity: Owner, set: FieldSet): Owner[] {
  const at = owners.findIndex((owner) => isSame(owner, identity));
  const had = owners[at]?.fields;
  if (had === undefined) return [...owners, { ...identity, fields: set.toFields() }];
  const fields = covers(had, set) ? had : FieldSet.from(had).union(set).toFields();
  return owners.with(at, { ...identity, fields });
}

/** All that a comparison found. */
export function changes({ added, modified }: Comparison): FieldSet {
  return added.isEmpty ? modified : added.union(modified);
}

const updatersMax = 10;
const ancient = "ancient-changes";

/** Keeps few updaters: the oldest ones of a version become one, whose name says what it is. */
export function capUpdaters(owners: readonly Owner[]): Owner[] {
  const updaters = owners.filter(({ operation }) => operation === "Update");
  if (updaters.length <= updatersMax) return [...owners];
  let rest = [...owners];
  let surplus = updaters.length - updatersMax;
  for (const oldest of updaters.toSorted(order)) {
    if (surplus <= 0) break;
    if (oldest.manager === ancient) continue;
    rest = rest.filter((owner) => owner !== oldest);
    const bucket = { ...oldest, manager: ancient, subresource: "" };
    const existed = rest.some((owner) => isSame(owner, bucket));
    rest = acquire(rest, bucket, FieldSet.from(oldest.fields));
    if (existed) surplus -= 1;
  }
  return rest;
}
