import { toJson } from "#machinery/cel/json-values.ts";
import { CelError, CelList, CelMap, CelStruct, type CelValue } from "#machinery/cel/values.ts";
import { equalJson, getOwn, isObject, setOwn } from "#machinery/patch/json-value.ts";
import {
  fieldOf,
  type FieldSchema,
  type JsonObject,
  type JsonValue,
  type ListField,
  type ObjectSchema,
} from "#machinery/schema/schema.ts";

/**
 * Merges the fields that a policy describes into an object, by the rules of server-side apply:
 * lists of maps by their keys, sets as sets. What is owned as a whole cannot be described so.
 */
export function applyConfiguration(
  schema: ObjectSchema,
  object: JsonObject,
  configuration: CelValue,
): JsonObject {
  const described = structToJson(configuration, "Object") as JsonObject;
  return mergeStruct(schema, object, described, "");
}

/** Checks that every `Object.a.b{}` stands where its name says. */
function structToJson(value: CelValue, place: string): unknown {
  if (value instanceof CelStruct) {
    if (value.typeName !== place) {
      throw new CelError(
        `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(place)}, which matches field name path from root Object type`,
      );
    }
    const json: JsonObject = {};
    for (const [name, field] of value.fields) {
      setOwn(json, name, structToJson(field, `${place}.${name}`) as JsonValue);
    }
    return json;
  }
  if (value instanceof CelList) return [...value].map((item) => structToJson(item, place));
  if (value instanceof CelMap) {
    const json: JsonObject = {};
    for (const key of value.keys()) {
      if (typeof key !== "string") throw new CelError("only strings can be keys in JSON");
      setOwn(json, key, structToJson(value.get(key)!, place) as JsonValue);
    }
    return json;
  }
  return toJson(value);
}

function mergeStruct(
  schema: ObjectSchema,
  object: JsonObject,
  described: JsonObject,
  at: string,
): JsonObject {
  const merged: JsonObject = { ...object };
  for (const [name, value] of Object.entries(described)) {
    const place = `${at}.${name}`;
    const field = fieldOf(schema, name);
    if (!field) throw new CelError(`${place}: field not declared in schema`);
    const own = getOwn(object, name);
    setOwn(merged, name, mergeField(field, own, value ?? null, place));
  }
  return merged;
}

function mergeField(
  field: FieldSchema,
  own: JsonValue | undefined,
  described: JsonValue,
  at: string,
): JsonValue {
  if (described === null) return null;
  switch (field.type) {
    case "struct": {
      if (field.mapType === "atomic" || field.schema.mapType === "atomic") throw atomic(at);
      const inner = wantObject(described, at);
      return mergeStruct(field.schema, isObject(own) ? own : {}, inner, at);
    }
    case "map": {
      if (field.mapType === "atomic") throw atomic(at);
      const merged: JsonObject = isObject(own) ? { ...own } : {};
      for (const [key, value] of Object.entries(wantObject(described, at))) {
        const before = getOwn(merged, key);
        setOwn(merged, key, mergeField(field.item, before, value ?? null, `${at}.${key}`));
      }
      return merged;
    }
    case "list":
      return mergeList(field, Array.isArray(own) ? own : [], described, at);
    default:
      return described;
  }
}

function mergeList(
  field: ListField,
  own: readonly JsonValue[],
  described: JsonValue,
  at: string,
): JsonValue[] {
  if (!Array.isArray(described)) throw new CelError(`${at}: expected a list`);
  if (field.listType !== "map" && field.listType !== "set") throw atomic(at);
  const merged = [...own];
  for (const item of described) {
    const index = merged.findIndex((one) => sameItem(field, one, item));
    if (index < 0) merged.push(item);
    else merged[index] = mergeField(field.item, merged[index], item, `${at}[${index}]`);
  }
  return merged;
}

function sameItem({ listType, listMapKeys }: ListField, a: JsonValue, b: JsonValue): boolean {
  if (listType === "set") return equalJson(a, b);
  if (!isObject(a) || !isObject(b)) return false;
  // A key that is not said has its default on both sides, such as a port's protocol.
  return (listMapKeys ?? []).every((key) => {
    const [x, y] = [getOwn(a, key), getOwn(b, key)];
    return x === undefined || y === undefined ? x === y || key === "protocol" : equalJson(x, y);
  });
}

function wantObject(value: JsonValue, at: string): JsonObject {
  if (isObject(value)) return value;
  throw new CelError(`${at}: expected an object`);
}

function atomic(at: string): CelError {
  return new CelError(
    `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${at}`,
  );
}
