import { ApiError, badRequest } from "#machinery/errors.ts";
import { invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { applyJsonPatch } from "#machinery/patch/json-patch.ts";
import { applyMergePatch } from "#machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "#machinery/patch/strategic-merge-patch.ts";
import type { JsonObject, JsonValue } from "#machinery/schema/schema.ts";
import { unknownFields } from "#machinery/schema/strict.ts";
import { unsupportedMedia } from "../negotiate.ts";
import type { ApiResponse } from "../response.ts";
import { answerObject, representation } from "./answer.ts";
import { decodeValue, parseText } from "./codec.ts";
import type { ResourceContext } from "./context.ts";
import type { ServedStorage } from "./served.ts";
import { type Change, writeLoop } from "./update.ts";
import { type WriteOptions, writeOptions } from "./write-options.ts";

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
  const { request } = context;
  const type = patchType(request.headers["content-type"] as string | undefined);
  const options = writeOptions(request.query, "PatchOptions");
  const patch = readPatch(await request.body(), type);
  const { written, created } = await writeLoop(
    context,
    storage,
    options,
    patchChange(context, options, type, patch),
  );
  return answerObject(context, as, created ? 201 : 200, written);
}

function patchType(contentType: string | undefined): PatchType {
  const type = (contentType ?? "").split(";", 1)[0]!.trim();
  const found = accepted.find((each) => each === type);
  if (!found) throw unsupportedMedia(accepted, type);
  return found;
}

function readPatch(body: Uint8Array | object | undefined, type: PatchType): unknown {
  if (!(body instanceof Uint8Array)) return body;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  try {
    return parseText(text, type === patchTypes.apply ? "yaml" : "json");
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function patchChange(
  context: ResourceContext,
  options: WriteOptions,
  type: PatchType,
  patch: unknown,
): Change {
  if (type === patchTypes.apply) {
    throw new ApiError("UnsupportedMediaType", "server-side apply is not served yet");
  }
  return {
    allowCreate: false,
    make(current) {
      const target = current as unknown as JsonObject;
      const patched = applyPatch(context, type, target, patch);
      return decodePatched(context, options, patched);
    },
  };
}

function applyPatch(
  { served }: ResourceContext,
  type: PatchType,
  target: JsonObject,
  patch: unknown,
): JsonValue {
  if (type === patchTypes.json) return applyJsonPatch(target, patch);
  if (type === patchTypes.merge) return applyMergePatch(target, patch);
  return applyStrategicMergePatch(served.resource.schema, target, patch);
}

/** A patched object must still be one of its kind. */
function decodePatched(
  { served, info, warnings }: ResourceContext,
  { fieldValidation }: WriteOptions,
  patched: JsonValue,
): KubeObject {
  const { resource } = served;
  if (fieldValidation !== "Ignore") {
    const complaints = unknownFields(resource.schema, patched);
    if (complaints.length > 0 && fieldValidation === "Strict") {
      const detail = `strict decoding error: ${complaints.join(", ")}`;
      throw invalidObject(resource.gvk, info.name, [invalid("patch", patched, detail)]);
    }
    warnings.push(...complaints);
  }
  return decodeValue(resource, patched);
}
