import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import {
  pruned,
  unknownPaths,
  withDefaults,
  withoutNulls,
} from "#apis/apiextensions/structural/coerce.ts";
import {
  coerceEmbedded,
  hasEmbedded,
  readMetadata,
} from "#apis/apiextensions/structural/embedded-metadata.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { cloneJson, isObject } from "#machinery/patch/json-value.ts";
import { DecodeError } from "#machinery/schema/decode-error.ts";
import type { JsonObject, SchemaCodec } from "#machinery/schema/schema.ts";

/** How the objects of one version of a custom resource are read from requests. */
export function customCodec(schema: JSONSchemaProps): SchemaCodec {
  return {
    decode(value) {
      if (!isObject(value)) throw new DecodeError("the object is not a JSON object");
      const { apiVersion, kind, metadata } = value;
      if (typeof kind !== "string" || kind === "")
        throw new DecodeError("Object 'Kind' is missing");
      if (typeof apiVersion !== "string") throw new DecodeError("Object 'apiVersion' is missing");
      const known = withoutNulls(pruned(withDefaults(value, schema), schema, true), schema);
      const { metadata: _, ...rest } = cloneJson(known) as JsonObject;
      const strict = { dropInvalid: false };
      coerceEmbedded(rest, schema, strict);
      return { ...rest, metadata: readMetadata(metadata, strict, "metadata") };
    },
    unknownFields(value) {
      if (!isObject(value)) return [];
      const { metadata, ...rest } = value;
      const found = unknownPaths(rest, schema);
      const lenient = { dropInvalid: true, unknown: found };
      readMetadata(metadata ?? {}, lenient, "metadata");
      if (hasEmbedded(schema)) coerceEmbedded(cloneJson(rest), schema, lenient);
      return found.map((path) => `unknown field ${JSON.stringify(path)}`);
    },
  };
}

/**
 * A stored object with the defaults of the version it was stored in: they may be newer than the
 * object. Returns `object` itself when nothing is missing.
 */
export function defaulted(object: KubeObject, schema: JSONSchemaProps | undefined): KubeObject {
  return withDefaults(object, schema) as KubeObject;
}

/** An object as a version has it: without the fields that are unknown to it. */
export function fitted(object: KubeObject, schema: JSONSchemaProps): KubeObject {
  const known = withoutNulls(pruned(object, schema, true), schema) as KubeObject;
  if (!hasEmbedded(schema)) return known;
  const copy = cloneJson(known);
  coerceEmbedded(copy, schema, { dropInvalid: true });
  return copy;
}
