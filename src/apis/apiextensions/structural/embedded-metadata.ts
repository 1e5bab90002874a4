import { type FieldError, invalid, Path, required } from "#machinery/field-error.ts";
import { dns1035Label, nameIsPathSegment } from "#machinery/names.ts";
import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import { decode } from "#machinery/schema/decode.ts";
import { DecodeError } from "#machinery/schema/decode-error.ts";
import type { JsonObject, JsonValue } from "#machinery/schema/schema.ts";
import { unknownFields } from "#machinery/schema/strict.ts";
import { validateObjectMeta } from "#machinery/validation/object-meta.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { childOf } from "./places.ts";
import {
  isEmbedded,
  itemsOf,
  propertyOf,
  remembered,
  someSchema,
  valueSchemaOf,
} from "./schema.ts";

/** API objects inside custom resources (`x-kubernetes-embedded-resource`) and their metadata. */

/** Whether there are API objects inside objects of the schema. */
export const hasEmbedded = remembered((schema) => someSchema(schema, isEmbedded));

/** What to do with metadata that is none. */
export interface MetadataCoercion {
  /** Fields that cannot be read are dropped instead of refused. */
  readonly dropInvalid: boolean;
  /** Gets the places of unknown fields of metadata. */
  readonly unknown?: string[];
}

/**
 * Makes the metadata of embedded objects canonical, in place: unknown fields go.
 * @throws DecodeError when it is no metadata.
 */
export function coerceEmbedded(
  value: unknown,
  schema: JSONSchemaProps,
  how: MetadataCoercion,
  at = "",
): void {
  if (!hasEmbedded(schema)) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return;
    for (const [i, item] of value.entries()) coerceEmbedded(item, items, how, `${at}[${i}]`);
    return;
  }
  if (!isObject(value)) return;
  if (isEmbedded(schema)) coerceOne(value, how, at);
  for (const [name, inner] of Object.entries(value)) {
    const known = valueSchemaOf(schema, name);
    if (known) coerceEmbedded(inner, known, how, childOf(at, name));
  }
}

function coerceOne(object: JsonObject, how: MetadataCoercion, at: string): void {
  for (const name of ["apiVersion", "kind"]) {
    const text = object[name];
    if (text === undefined || typeof text === "string") continue;
    if (!how.dropInvalid) throw new DecodeError(`${at}.${name}: Invalid value: must be a string`);
    delete object[name];
  }
  if (object["metadata"] === undefined) return;
  try {
    object["metadata"] = readMetadata(
      object["metadata"],
      how,
      `${at}.metadata`,
    ) as unknown as JsonValue;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(`${at}.metadata: Invalid value: ${error.message}`);
  }
}

/** Metadata as ObjectMeta. @throws DecodeError */
export function readMetadata(value: unknown, how: MetadataCoercion, at: string): ObjectMeta {
  for (const complaint of how.unknown ? unknownFields(objectMeta, value) : []) {
    how.unknown!.push(`${at}.${JSON.parse(complaint.slice(complaint.indexOf('"'))) as string}`);
  }
  try {
    return decode(objectMeta, value ?? {});
  } catch (error) {
    if (!(error instanceof DecodeError) || !how.dropInvalid || !isObject(value)) throw error;
  }
  return decode(objectMeta, readableFields(value));
}

function readableFields(metadata: JsonObject): JsonObject {
  const readable = Object.entries(metadata).filter(([name, value]) => {
    try {
      decode(objectMeta, { [name]: value });
      return true;
    } catch {
      return false;
    }
  });
  return Object.fromEntries(readable);
}

/** What is wrong with embedded objects; the root is none unless `isRoot`. */
export function validateEmbedded(
  value: unknown,
  schema: JSONSchemaProps,
  at = "",
  isRoot = false,
): FieldError[] {
  if (!isRoot && !hasEmbedded(schema)) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return [];
    return value.flatMap((item, i) => validateEmbedded(item, items, `${at}[${i}]`));
  }
  if (!isObject(value)) return [];
  const own = isRoot || isEmbedded(schema) ? embeddedErrors(value, at) : [];
  const inner = Object.entries(value).flatMap(([name, each]) => {
    const known = valueSchemaOf(schema, name);
    if (!known) return [];
    const place = propertyOf(schema, name) ? childOf(at, name) : `${at}[${name}]`;
    return validateEmbedded(each, known, place);
  });
  return [...own, ...inner];
}

function embeddedErrors(object: JsonObject, at: string): FieldError[] {
  const { apiVersion, kind, metadata } = object;
  return [
    ...textErrors(apiVersion, childOf(at, "apiVersion"), (text) =>
      (text.match(/\//g) ?? []).length > 1 ? [`unexpected GroupVersion string: ${text}`] : [],
    ),
    ...textErrors(kind, childOf(at, "kind"), (text) => {
      const why = dns1035Label(text.toLowerCase()).join(",");
      return why === "" ? [] : [`may have mixed case, but should otherwise match: ${why}`];
    }),
    ...(metadata === undefined ? [] : metadataErrors(metadata, childOf(at, "metadata"))),
  ];
}

function textErrors(
  value: JsonValue | undefined,
  at: string,
  check: (text: string) => string[],
): FieldError[] {
  if (value === undefined || value === "") return [required(at)];
  if (typeof value !== "string") return [invalid(at, value, "must be a string")];
  return check(value).map((why) => invalid(at, value, why));
}

function metadataErrors(value: JsonValue, at: string): FieldError[] {
  let metadata: ObjectMeta;
  try {
    metadata = decode(objectMeta, value);
  } catch (error) {
    return [invalid(at, value, (error as Error).message)];
  }
  // A name may be missing, which is what this one stands for.
  const named = { ...metadata, name: metadata.name || "fakename" };
  const namespaced = (metadata.namespace ?? "") !== "";
  const checks = { namespaced, validateName: nameIsPathSegment };
  return validateObjectMeta(named, checks, new Path(at));
}
