import { serverSideApply } from "#machinery/apply/server-side-apply.ts";
import { ApiError, badRequest } from "#machinery/errors.ts";
import { forbiddenField, invalid, invalidObject, required } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { applyJsonPatch } from "#machinery/patch/json-patch.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import { applyMergePatch } from "#machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "#machinery/patch/strategic-merge-patch.ts";
import type { JsonObject, JsonValue, ObjectSchema } from "#machinery/schema/schema.ts";
import { unknownFields } from "#machinery/schema/strict.ts";
import { unsupportedMedia } from "../negotiate.ts";
import type { ApiResponse } from "../response.ts";
import { answerObject, representation } from "./answer.ts";
import { decodeValue, type FieldValidation } from "./codec.ts";
import type { ResourceContext } from "./context.ts";
import { writeRecord } from "./managed-fields.ts";
import { asYamlError, readText, type RequestText } from "./request-text.ts";
import type { ServedStorage } from "./served.ts";
import { type Change, writeLoop } from "./update.ts";
import { invalidOptions, type WriteOptions, writeOptions } from "./write-options.ts";
import { fitName, fitNamespace } from "./write-steps.ts";

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;
const accepted = Object.values(patchTypes);
type PatchType = (typeof accepted)[number];

/** PATCH of an object or of a subresource whose body is the whole object. */
export async function patchObject(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const options = writeOptions(context.request.query, "PatchOptions");
  const patch = await readPatchRequest(context, options.fieldValidation);
  checkApplyOptions(patch, options);
  const change = patchChange(context, options, patch);
  const { written, created } = await writeLoop(context, storage, options, change);
  return answerObject(context, as, created ? 201 : 200, written);
}

/** A patch as it came. */
export interface Patch {
  readonly type: PatchType;
  readonly value: unknown;
  /** What is to be said of it when it has led to an object. */
  readonly complaints: readonly string[];
}

/** @throws UnsupportedMediaType, BadRequest. */
export async function readPatchRequest(
  { request, served, warnings }: ResourceContext,
  validation: FieldValidation = "Ignore",
): Promise<Patch> {
  // Nobody knows how the lists of custom resources would be merged.
  const types =
    served.state === undefined
      ? accepted
      : accepted.filter((each) => each !== patchTypes.strategic);
  const type = patchType(types, request.headers["content-type"] as string | undefined);
  const body = await request.body();
  if (!(body instanceof Uint8Array)) return { type, value: body, complaints: [] };
  const { value, duplicates } = readPatch(body, type);
  const repeated = validation === "Ignore" ? [] : duplicates();
  if (type !== patchTypes.apply)
    return { type, value, complaints: complaintsOf(type, value, repeated) };
  if (repeated.length > 0 && validation === "Strict") {
    const why = `error converting YAML to JSON: ${asYamlError(repeated)}`;
    throw badRequest(`error strict decoding YAML: ${why}`);
  }
  warnings.push(...repeated);
  return { type, value, complaints: [] };
}

/** Only an apply can be forced, and it must say whose it is. @throws Invalid. */
export function checkApplyOptions({ type }: Patch, { fieldManager, force }: WriteOptions): void {
  if (type !== patchTypes.apply) {
    if (force === undefined) return;
    const why = "may not be specified for non-apply patch";
    throw invalidOptions("PatchOptions", [forbiddenField("force", why)]);
  }
  if (fieldManager !== "") return;
  throw invalidOptions("PatchOptions", [required("fieldManager", "is required for apply patch")]);
}

function patchType(types: readonly PatchType[], contentType: string | undefined): PatchType {
  const type = (contentType ?? "").split(";", 1)[0]!.trim();
  const found = types.find((each) => each === type);
  if (!found) throw unsupportedMedia(types);
  return found;
}

function readPatch(body: Uint8Array, type: PatchType): RequestText {
  const isApply = type === patchTypes.apply;
  try {
    return readText(body, isApply ? "yaml" : "json");
  } catch (error) {
    const what = isApply ? "error decoding YAML" : "error decoding patch";
    throw badRequest(`${what}: ${(error as Error).message}`);
  }
}

const operationFields: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

function complaintsOf(type: PatchType, value: unknown, repeated: readonly string[]): string[] {
  if (type !== patchTypes.json || !Array.isArray(value)) return [...repeated];
  const unknown = value.flatMap((operation: unknown, i) =>
    (isObject(operation) ? Object.keys(operation) : [])
      .filter((name) => !operationFields.has(name))
      .map((name) => `unknown field "[${i}].${name}"`),
  );
  return [...repeated, ...unknown].map((complaint) => `json patch ${complaint}`);
}

function patchChange(context: ResourceContext, options: WriteOptions, patch: Patch): Change {
  if (patch.type === patchTypes.apply) return applyChange(context, options, patch.value);
  return {
    allowCreate: false,
    isPatch: true,
    make(current) {
      const patched = applyPatchTo(context.served.resource.schema, patch, current!);
      const object = decodePatched(context, options, patch, patched);
      fitName(context, object);
      fitNamespace(context, object);
      return object;
    },
  };
}

/** Server-side apply; of an object that is not there makes one. @throws BadRequest. */
function applyChange(context: ResourceContext, options: WriteOptions, applied: unknown): Change {
  const { resource } = context.served;
  if (!isObject(applied)) throw badRequest("error decoding YAML: the body is not an object");
  const { kind } = applied;
  if (kind !== resource.gvk.kind) {
    throw badRequest(
      `the kind in the body is ${JSON.stringify(kind)} instead of ${resource.gvk.kind}`,
    );
  }
  return {
    allowCreate: context.info.subresource === "",
    tracksFields: true,
    isPatch: true,
    make(current) {
      const record = { ...writeRecord(context, options), force: options.force === true };
      const live = current as unknown as JsonObject | undefined;
      const { object } = serverSideApply({ ...record, live, applied });
      const made = decodeValue(resource, object);
      fitName(context, made);
      fitNamespace(context, made);
      return made;
    },
  };
}

/** A new value: `target`, of type `schema`, patched. */
export function applyPatchTo(
  schema: ObjectSchema,
  { type, value }: Patch,
  target: object,
): JsonValue {
  const json = target as JsonObject;
  if (type === patchTypes.json) return applyJsonPatch(json, value);
  if (type === patchTypes.merge) return applyMergePatch(json, value);
  return applyStrategicMergePatch(schema, json, value);
}

/** A patched object must still be one of its kind. @throws Invalid. */
function decodePatched(
  { served, warnings }: ResourceContext,
  { fieldValidation }: WriteOptions,
  { type, complaints: ofPatch }: Patch,
  patched: JsonValue,
): KubeObject {
  const { resource } = served;
  const unfit = (why: string) => invalidObject(nothing, "", [invalid("patch", patched, why)]);
  if (fieldValidation !== "Ignore") {
    const complaints = [...ofPatch, ...unknownFields(resource.schema, patched)];
    if (complaints.length > 0 && fieldValidation === "Strict") {
      throw unfit(`strict decoding error: ${complaints.join(", ")}`);
    }
    warnings.push(...complaints);
  }
  const { kind } = patched as { kind?: JsonValue };
  if (type !== patchTypes.strategic && kind !== resource.gvk.kind) {
    throw unfit(`no kind ${JSON.stringify(kind)} is registered for its version`);
  }
  try {
    return decodeValue(resource, patched);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "BadRequest") throw unfit(error.message);
    throw error;
  }
}

/** Mistakes of a patch are of no object. */
const nothing = { group: "", kind: "" };
