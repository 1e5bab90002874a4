import { ApiError, badRequest, type StatusCause } from "../errors.ts";
import { cloneJson, equalJson, getOwn, isObject } from "../patch/json-value.ts";
import type { ManagedFieldsEntry } from "../object-meta.ts";
import type { JsonObject } from "../schema/schema.ts";
import { compare } from "./compare.ts";
import { FieldSet, pathText } from "./field-set.ts";
import {
  capUpdaters,
  changes,
  entriesOf,
  isSame,
  type Owner,
  ownersOf,
  releaseChanged,
  withoutUnowned,
} from "./managed-fields.ts";
import { fieldSetOf, mergeTyped, removeFields, typeMistakes, withNamedFields } from "./typed.ts";
import { emptyObject, trackUpdate, type WriteRecord } from "./update-managed-fields.ts";

/**
 * Server-side apply: the client says what it wants, the server merges that into the live object,
 * keeps account of who wants what, and refuses to take fields from others without force.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export interface ApplyRecord extends WriteRecord {
  /** What is stored; undefined when there is no such object yet. Never changed. */
  readonly live: JsonObject | undefined;
  /** What the client sent, as it came. Never changed. */
  readonly applied: JsonObject;
  readonly force: boolean;
}

export interface Applied {
  /** The new object with its `managedFields`; still to be decoded and defaulted. */
  readonly object: JsonObject;
  /** False: nothing but perhaps the ownership of fields changed. */
  readonly changed: boolean;
}

interface Conflict {
  readonly owner: Owner;
  readonly path: readonly string[];
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const beforeFirstApply = "before-first-apply";

/** Throws 409 with its conflicts, 400 for a wrong version, 500 for what is not of the type. */
export function serverSideApply(record: ApplyRecord): Applied {
  const { apiVersion, applied, force, schema } = record;
  checkPatch(record);
  const live = record.live ?? emptyObject(schema);
  const owners = ownersBefore(record, live);
  const attempt = applyOnce({ ...record, force: true }, live, owners);
  const conflicts = force ? [] : attempt.conflicts;
  if (conflicts.length > 0) {
    const real = record.manager === "kubectl" ? notFromKubectl(record, conflicts) : conflicts;
    if (real.length > 0) throw conflictError(real);
  }
  const changed = record.live === undefined || !equalJson(attempt.object, live);
  const object = changed ? attempt.object : cloneJson<JsonObject>(live);
  const time = changed ? record.now : undefined;
  const identity = identityOf(record);
  const after = attempt.owners.map((owner) => {
    if (!isSame(owner, identity)) return owner;
    const before = owners.find((other) => isSame(other, identity));
    return { ...owner, apiVersion, time: time ?? before?.time };
  });
  setManagedFields(object, entriesOf(capUpdaters(after)));
  if (record.manager === "kubectl" && changed) syncLastApplied(object, applied);
  return { object, changed };
}

function checkPatch({ apiVersion, applied, schema }: ApplyRecord): void {
  const version = applied["apiVersion"];
  if (version !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${String(version)}, expected: ${apiVersion}`,
    );
  }
  const metadata = isObject(applied["metadata"]) ? applied["metadata"] : {};
  if (getOwn(metadata, "managedFields")) throw badRequest("metadata.managedFields must be nil");
  const mistakes = typeMistakes(schema, applied);
  if (mistakes.length === 0) return;
  const name = [getOwn(metadata, "namespace"), getOwn(metadata, "name")].filter(Boolean).join("/");
  const what = `${name}; ${apiVersion}, Kind=${String(applied["kind"])}`;
  const list = mistakes.length === 1 ? mistakes[0] : `errors:\n  ${mistakes.join("\n  ")}`;
  throw new ApiError("", `failed to create typed patch object (${what}): ${list}`, { code: 500 });
}

function identityOf({ apiVersion, manager, subresource }: ApplyRecord): Owner {
  return {
    manager,
    operation: "Apply",
    apiVersion,
    subresource,
    time: undefined,
    fields: {},
  };
}

function managedFieldsOf(object: JsonObject): ManagedFieldsEntry[] | undefined {
  const metadata = object["metadata"] as { managedFields?: ManagedFieldsEntry[] } | undefined;
  return metadata?.managedFields;
}

function setManagedFields(object: JsonObject, entries: ManagedFieldsEntry[] | undefined): void {
  const metadata = { ...(object["metadata"] as JsonObject) };
  delete metadata["managedFields"];
  object["metadata"] = metadata;
  if (entries) metadata["managedFields"] = entries as unknown as JsonObject[];
}

/** An object that nobody tracked belongs, field by field, to whoever wrote it before. */
function ownersBefore(record: ApplyRecord, live: JsonObject): Owner[] {
  const owners = ownersOf(managedFieldsOf(live));
  if (owners === undefined) {
    throw new ApiError("", "failed to decode managed fields", { code: 500 });
  }
  if (owners.length > 0 || record.live === undefined) return owners;
  const writer = { ...record, manager: beforeFirstApply, subresource: "", resetFields: [] };
  return trackUpdate([], writer, emptyObject(record.schema), live);
}

interface Attempt {
  readonly object: JsonObject;
  readonly owners: Owner[];
  readonly conflicts: Conflict[];
}

function applyOnce(record: ApplyRecord, live: JsonObject, owners: readonly Owner[]): Attempt {
  const { applied, resetFields, schema } = record;
  const identity = identityOf(record);
  const others = owners.filter((owner) => !isSame(owner, identity));
  const last = owners.find((owner) => isSame(owner, identity));
  const wanted = withoutUnowned(fieldSetOf(schema, applied), resetFields);
  const merged = mergeTyped(schema, live, applied);
  const lastSet = last && withoutUnowned(FieldSet.from(last.fields), resetFields);
  const object = lastSet ? prune(record, merged, lastSet, wanted, others) : merged;
  const difference = compare(schema, live, object);
  const changed = withoutUnowned(changes(difference), resetFields);
  const removed = withoutUnowned(difference.removed, resetFields);
  const conflicts = others.flatMap((owner) => {
    const both = FieldSet.from(owner.fields).intersection(changed);
    return [...both.paths()].map((path) => ({ owner, path }));
  });
  const kept = releaseChanged(others, changed, removed);
  const own = { ...identity, time: last?.time, fields: wanted.toFields() };
  const all = wanted.isEmpty ? kept : [...kept, own];
  return { object, owners: all, conflicts };
}

/** Takes away what this applier wanted last time, no longer wants, and nobody else has. */
function prune(
  { schema }: ApplyRecord,
  merged: JsonObject,
  last: FieldSet,
  wanted: FieldSet,
  others: readonly Owner[],
): JsonObject {
  if (last.isEmpty) return merged;
  const lastNamed = withNamedFields(schema, last);
  const mergedSet = withNamedFields(schema, fieldSetOf(schema, merged));
  const without = (value: JsonObject) => withNamedFields(schema, fieldSetOf(schema, value));
  let pruned = removeFields(schema, merged, lastNamed);
  // Put back what somebody owns, this applier's new wishes included.
  let managed = wanted;
  for (const { fields } of others) managed = managed.union(FieldSet.from(fields));
  const owned = without(pruned).union(withNamedFields(schema, managed));
  pruned = removeFields(schema, merged, mergedSet.difference(owned));
  // And what was never this applier's, though nobody owns it.
  const dangling = mergedSet.difference(without(pruned)).intersection(lastNamed);
  return removeFields(schema, merged, dangling);
}

function printOwner({ apiVersion, manager, operation, subresource, time }: Owner): string {
  let text = JSON.stringify(manager);
  if (subresource !== "") text += ` with subresource ${JSON.stringify(subresource)}`;
  if (operation === "Apply") return text;
  return time === undefined
    ? `${text} using ${apiVersion}`
    : `${text} using ${apiVersion} at ${time}`;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes: StatusCause[] = conflicts.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${printOwner(owner)}`,
    field: pathText(path),
  }));
  const [first] = conflicts;
  if (conflicts.length === 1 && first) {
    const message = `Apply failed with 1 conflict: conflict with ${printOwner(first.owner)}: ${pathText(first.path)}`;
    return new ApiError("Conflict", message, { details: { causes } });
  }
  const byOwner = Map.groupBy(conflicts, ({ owner }) => printOwner(owner));
  const lines = [...byOwner.keys()]
    .toSorted()
    .flatMap((owner) => [
      `conflicts with ${owner}:`,
      ...(byOwner.get(owner) ?? []).map(({ path }) => `- ${pathText(path)}`),
    ]);
  const message = `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
  return new ApiError("Conflict", message, { details: { causes } });
}

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  return isObject(annotations) ? annotations : {};
}

/**
 * The conflicts that are not about what `kubectl apply` without `--server-side` set before: who
 * moves from one to the other shall not fight with himself.
 */
function notFromKubectl(record: ApplyRecord, conflicts: readonly Conflict[]): Conflict[] {
  const text = getOwn(annotationsOf(record.live ?? {}), lastApplied);
  if (typeof text !== "string") return [...conflicts];
  let set: FieldSet;
  try {
    const configuration: unknown = JSON.parse(text);
    if (!isObject(configuration)) return [...conflicts];
    set = fieldSetOf(record.schema, configuration);
  } catch {
    return [...conflicts];
  }
  set.insert(["f:metadata", "f:annotations"]);
  set.insert(["f:metadata", "f:annotations", `f:${lastApplied}`]);
  const allowed = new Set([...set.paths()].map(pathText));
  return conflicts.filter(({ path }) => !allowed.has(pathText(path)));
}

const annotationsBytesMax = 256 * 1024;

/** Whoever goes back to plain `kubectl apply` finds there what he last wanted. */
function syncLastApplied(object: JsonObject, applied: JsonObject): void {
  const annotations = annotationsOf(object);
  if (typeof getOwn(annotations, lastApplied) !== "string") return;
  const copy = cloneJson(applied) as { metadata?: { annotations?: JsonObject } } & JsonObject;
  delete copy.metadata?.annotations?.[lastApplied];
  const text = `${JSON.stringify(copy)}\n`;
  const metadata = { ...(object["metadata"] as JsonObject) };
  const next: JsonObject = { ...annotations };
  if (text.length > annotationsBytesMax) delete next[lastApplied];
  else next[lastApplied] = text;
  metadata["annotations"] = next;
  object["metadata"] = metadata;
}
