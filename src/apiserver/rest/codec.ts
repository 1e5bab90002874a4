import { defaulterFor } from "#apis/defaults.ts";
import { badRequest } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { decodeProto } from "#machinery/protobuf/decode-object.ts";
import { unwrap } from "#machinery/protobuf/envelope.ts";
import { WireError } from "#machinery/protobuf/wire.ts";
import { apiVersionOf, type GroupVersionKind } from "#machinery/resource.ts";
import { decode } from "#machinery/schema/decode.ts";
import { DecodeError } from "#machinery/schema/decode-error.ts";
import type { ObjectSchema } from "#machinery/schema/schema.ts";
import { unknownFields } from "#machinery/schema/strict.ts";
import { bodyMedia, contentTypes, unsupportedMedia } from "../negotiate.ts";
import { asYamlError, readText, type RequestText } from "./request-text.ts";

/** The `fieldValidation` of a write. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** A kind that can be decoded; a `Resource` is one. */
export interface Decodable {
  readonly gvk: GroupVersionKind;
  readonly schema: ObjectSchema;
}

/** A body as it came: bytes with a media type, or an object handed over in-process. */
export interface RawBody {
  readonly body: Uint8Array | object | undefined;
  readonly contentType: string | undefined;
}

/**
 * Decodes the object of a write: pruned, canonical, with defaults. What `validation` complains
 * about goes into `warnings`, or fails under Strict.
 * @throws BadRequest, UnsupportedMediaType.
 */
export function decodeBody(
  kind: Decodable,
  raw: RawBody,
  validation: FieldValidation,
  warnings: string[],
): KubeObject {
  if (raw.body instanceof Uint8Array && bodyMedia(raw.contentType) === "protobuf") {
    if (kind.schema.codec) throw unsupportedMedia([contentTypes.json, contentTypes.yaml]);
    return decodeMessage(kind, raw.body);
  }
  const text =
    raw.body instanceof Uint8Array ? readText(raw.body, bodyMedia(raw.contentType)) : undefined;
  const parsed = text ? text.value : raw.body;
  // `null` is an object without any field.
  const value = parsed === null ? {} : parsed;
  checkType(kind, value);
  if (text && validation !== "Ignore") {
    const complaints = strictComplaints(kind.schema, text);
    if (complaints.length > 0 && validation === "Strict") {
      const repeated = text.isYaml ? text.duplicates() : [];
      const rest = complaints.slice(repeated.length);
      const errors = repeated.length > 0 ? [asYamlError(repeated), ...rest] : rest;
      throw unreadable(kind.gvk, `strict decoding error: ${errors.join(", ")}`);
    }
    warnings.push(...complaints);
  }
  return decodeValue(kind, value);
}

/** A protobuf envelope; one that says no type is of the type that the path says. */
function decodeMessage({ gvk, schema }: Decodable, bytes: Uint8Array): KubeObject {
  try {
    const { apiVersion, kind, raw } = unwrap(bytes);
    checkType({ gvk, schema }, { apiVersion, kind });
    // Through `decode`, so that what comes by either way has one form.
    return decodeValue({ gvk, schema }, decodeProto(schema, raw));
  } catch (error) {
    if (error instanceof WireError) throw unreadable(gvk, error.message);
    throw error;
  }
}

/** A plain value as an object of the kind: pruned, canonical, with defaults. @throws BadRequest. */
export function decodeValue({ gvk, schema }: Decodable, value: unknown): KubeObject {
  const object = decodePlain({ gvk, schema }, value);
  defaulterFor(gvk)?.(object);
  return object;
}

/** The same without defaults. */
export function decodePlain({ gvk, schema }: Decodable, value: unknown): KubeObject {
  try {
    const object = decode(schema, value) as KubeObject;
    if (schema.codec) return object;
    object.apiVersion = apiVersionOf(gvk);
    object.kind = gvk.kind;
    return object;
  } catch (error) {
    if (error instanceof DecodeError) throw unreadable(gvk, error.message);
    throw error;
  }
}

function unreadable({ kind, version }: GroupVersionKind, why: string) {
  return badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`,
  );
}

/** An object may leave its type out; if it says one, it must be the right one. */
function checkType({ gvk, schema }: Decodable, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
  }
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const expected = apiVersionOf(gvk);
  if (apiVersion !== undefined && apiVersion !== "" && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${JSON.stringify(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  // Of custom resources validation says that the kind is wrong.
  if (kind !== undefined && kind !== "" && kind !== gvk.kind && !schema.codec) {
    throw badRequest(
      `${JSON.stringify(kind)} in version ${JSON.stringify(gvk.version)} cannot be handled as a ${gvk.kind}`,
    );
  }
}

/** Unknown and duplicate fields; of YAML the latter come first. */
function strictComplaints(schema: ObjectSchema, { value, isYaml, duplicates }: RequestText) {
  const unknown = unknownFields(schema, value ?? {});
  const repeated = duplicates();
  if (repeated.length === 0) return unknown;
  return isYaml ? [...repeated, ...unknown] : [...unknown, ...repeated].toSorted();
}
