import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import {
  additionalOf,
  isEmbedded,
  itemsOf,
  preserves,
} from "#apis/apiextensions/structural/schema.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { objectMeta } from "#machinery/object-meta.ts";
import type {
  FieldOptions,
  FieldSchema,
  ListType,
  MapType,
  ObjectSchema,
  SchemaCodec,
} from "#machinery/schema/schema.ts";
import { customCodec } from "./custom-codec.ts";

/**
 * The fields of a custom resource in the form that built-in types have, for whoever asks about types
 * (server-side apply). Made lazily, level by level: schemas of custom resources can be huge.
 */

/** The fields of an object; `isWhole`: it has type and metadata besides. */
function fieldsOf(
  schema: JSONSchemaProps,
  isWhole: boolean,
): Readonly<Record<string, FieldSchema>> {
  const own = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, fieldOf(property)] as const,
  );
  const whole: Record<string, FieldSchema> = isWhole
    ? {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: { type: "struct", schema: objectMeta, pointer: true },
      }
    : {};
  return { ...Object.fromEntries(own), ...whole };
}

const listTypes: Readonly<Record<string, ListType>> = { set: "set", map: "map", atomic: "atomic" };
const mapTypes: Readonly<Record<string, MapType>> = { atomic: "atomic", granular: "granular" };

function fieldOf(schema: JSONSchemaProps): FieldSchema {
  const options = optionsOf(schema);
  if (schema["x-kubernetes-int-or-string"]) return { ...options, type: "intOrString" };
  switch (schema.type) {
    case "string":
      return { ...options, type: "string" };
    case "integer":
      return { ...options, type: "int64" };
    case "number":
      return { ...options, type: "double" };
    case "boolean":
      return { ...options, type: "bool" };
    case "array":
      return listField(schema, options);
    case "object":
      return objectField(schema, options);
    default:
      return { ...options, type: "any", preserveUnknown: true };
  }
}

function optionsOf(schema: JSONSchemaProps): FieldOptions {
  const preset = schema.default;
  return { pointer: true, ...(preset === undefined ? {} : { default: preset }) };
}

function listField(schema: JSONSchemaProps, options: FieldOptions): FieldSchema {
  const items = itemsOf(schema);
  const keys = schema["x-kubernetes-list-map-keys"];
  return {
    ...options,
    type: "list",
    listType: listTypes[schema["x-kubernetes-list-type"] ?? "atomic"] ?? "atomic",
    ...(keys ? { listMapKeys: keys } : {}),
    item: items ? fieldOf(items) : { type: "any" },
  };
}

function objectField(schema: JSONSchemaProps, options: FieldOptions): FieldSchema {
  const mapType = mapTypes[schema["x-kubernetes-map-type"] ?? ""];
  const map = mapType ? { mapType } : {};
  const additional = additionalOf(schema);
  if (additional && !schema.properties) {
    return { ...options, ...map, type: "map", item: fieldOf(additional) };
  }
  const embedded = isEmbedded(schema);
  if (!schema.properties && !embedded && (preserves(schema) || schema.additionalProperties)) {
    return { ...options, ...map, type: "any", preserveUnknown: true };
  }
  return { ...options, ...map, type: "struct", schema: objectSchema("", schema, embedded) };
}

/** The type of the objects of one version of a custom resource. */
export function wholeSchema(kind: string, schema: JSONSchemaProps): ObjectSchema<KubeObject> {
  const made: ObjectSchema<KubeObject> = objectSchema(kind, schema, true, customCodec(schema));
  return made;
}

/** A type whose fields are looked at when somebody asks. */
function objectSchema(
  name: string,
  schema: JSONSchemaProps,
  isWhole: boolean,
  codec?: SchemaCodec,
): ObjectSchema<KubeObject> {
  let fields: Readonly<Record<string, FieldSchema>> | undefined;
  return {
    name,
    package: "",
    isKind: isWhole,
    ...(codec ? { codec } : {}),
    ...(preserves(schema) ? { preserveUnknown: true } : {}),
    get fields() {
      return (fields ??= fieldsOf(schema, isWhole));
    },
  };
}
