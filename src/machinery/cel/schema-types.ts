import type { FieldSchema, ObjectSchema } from "../schema/schema.ts";
import { qualifiedName } from "../schema/schema.ts";
import { escapeField } from "./json-values.ts";
import {
  bool, bytes, type CelType, double, duration, dyn, int, listOf, mapOf, type ObjectField,
  type ObjectType, string, timestamp,
} from "./types.ts"; // prettier-ignore

/** The types of built-in kinds, for checking what expressions say about them. */

const known = new WeakMap<ObjectSchema, ObjectType>();

/** A built-in object type; its fields are looked at when they are asked for. */
export function typeOfSchema(schema: ObjectSchema): ObjectType {
  const found = known.get(schema);
  if (found) return found;
  const fields = new Map<string, ObjectField>();
  for (const name of Object.keys(schema.fields)) {
    const written = escapeField(name);
    if (written === undefined) continue;
    const jsonName = written === name ? {} : { jsonName: name };
    const field = schema.fields[name]!;
    // Lazily, because types may be recursive.
    const made: ObjectField = {
      get type() {
        return typeOfField(field);
      },
      ...jsonName,
    };
    fields.set(written, made);
    // After a dot reserved words are names like others, and policies write them so.
    if (/^\w+$/.test(name)) fields.set(name, made);
  }
  const made: ObjectType = {
    kind: "object",
    name: qualifiedName(schema),
    field: (name) => fields.get(name),
  };
  known.set(schema, made);
  return made;
}

function typeOfField(field: FieldSchema): CelType {
  switch (field.type) {
    case "string":
      return string;
    case "bool":
      return bool;
    case "bytes":
      return bytes;
    case "int":
    case "int32":
    case "int64":
      return int;
    case "double":
      return double;
    case "time":
    case "microTime":
      return timestamp;
    case "duration":
      return duration;
    case "struct":
      return typeOfSchema(field.schema);
    case "list":
      return listOf(typeOfField(field.item));
    case "map":
      return mapOf(string, typeOfField(field.item));
    case "quantity":
    case "intOrString":
    case "rawExtension":
    case "fieldsV1":
    case "json":
    case "any":
    case "structOr":
      return dyn;
  }
}
