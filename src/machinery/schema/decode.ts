import { limits } from "./limits.ts";
import { DecodeError, jsonTypeOf, TypeMismatch } from "./decode-error.ts";
import { type FieldPlan, planOf, type StructPlan, zeroStruct } from "./plan.ts";
import { readBytes, readIntOrString, readQuantity, readTime } from "./scalars.ts";
import type { ObjectSchema } from "./schema.ts";

/**
 * Makes of a parsed JSON value the object that a Go round trip through upstream's struct makes:
 * unknown fields are gone, zero values that `omitempty` leaves out too, what Go always writes is
 * there, quantities and times are canonical. The result shares nothing with `value`.
 * Throws DecodeError.
 */
export function decode<T>(schema: ObjectSchema<T>, value: unknown): T {
  if (schema.codec) return schema.codec.decode(value) as T;
  depth = 0;
  try {
    return readStruct(planOf(schema), value) as T;
  } catch (error) {
    throw error instanceof TypeMismatch ? error.toDecodeError() : error;
  }
}

type JsonMap = Record<string, unknown>;

/** Nesting below the call of `decode` that runs now; decoding is synchronous. */
let depth = 0;

function deeper(): void {
  depth += 1;
  if (depth > limits.jsonDepthMax) throw new DecodeError("exceeded max depth");
}

function isObject(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mismatch(value: unknown, wanted: string): TypeMismatch {
  return new TypeMismatch(jsonTypeOf(value), wanted);
}

function readStruct(plan: StructPlan, value: unknown): JsonMap {
  if (!isObject(value)) throw mismatch(value, plan.goType);
  deeper();
  const out: JsonMap = {};
  let at = "";
  try {
    for (const name in value) {
      const field = plan.fields.get(name);
      if (field === undefined) continue;
      const raw = value[name];
      if (raw === null || raw === undefined) continue;
      at = name;
      const read = readField(field, raw);
      if (read !== undefined) out[name] = read;
    }
  } catch (error) {
    if (error instanceof TypeMismatch) error.within(plan.schema.name, at);
    throw error;
  }
  for (const [name, zero] of plan.always) {
    if (out[name] === undefined) out[name] = zero();
  }
  depth -= 1;
  return out;
}

/** The canonical value, or undefined when it is as good as absent. */
function readField(plan: FieldPlan, raw: unknown): unknown {
  switch (plan.type) {
    case "string":
      if (typeof raw !== "string") throw mismatch(raw, "string");
      return raw === "" && plan.dropsZero ? undefined : raw;
    case "bool":
      if (typeof raw !== "boolean") throw mismatch(raw, "bool");
      return !raw && plan.dropsZero ? undefined : raw;
    case "int32":
    case "int64":
    case "int":
    case "double":
      return readNumber(plan, raw);
    case "struct":
      return readStruct(plan.struct(), raw);
    case "list":
      return readList(plan, raw);
    case "map":
      return readMap(plan, raw);
    case "bytes": {
      const read = readBytes(raw);
      return read === "" && plan.dropsZero ? undefined : read;
    }
    case "time":
    case "microTime": {
      const read = readTime(plan.type, raw);
      return read === null && plan.field.omitZero === true ? undefined : read;
    }
    case "quantity":
      return readQuantity(raw);
    case "intOrString":
      return readIntOrString(raw);
    case "duration":
      if (typeof raw !== "string") throw mismatch(raw, "string");
      return raw;
    case "structOr":
      return readStructOr(plan, raw);
    case "rawExtension":
    case "fieldsV1":
    case "json":
    case "any":
      return copyJson(raw);
  }
}

const int32Max = 2 ** 31 - 1;

/** The nearest that a JavaScript number comes to the largest int64 from below. */
const int64Max = 2 ** 63 - 1024;

function readNumber(plan: FieldPlan, raw: unknown): number | undefined {
  if (typeof raw !== "number") throw mismatch(raw, plan.goType);
  if (plan.type !== "double") {
    const max = plan.type === "int32" ? int32Max : int64Max;
    const fits = raw <= max && raw >= -max - 1;
    if (!Number.isInteger(raw) || !fits) throw new TypeMismatch(`number ${raw}`, plan.goType);
  }
  return raw === 0 && plan.dropsZero ? undefined : raw;
}

function readItem(item: FieldPlan, raw: unknown): unknown {
  if (raw === null || raw === undefined) return item.zero();
  return readField(item, raw);
}

function readList(plan: FieldPlan, raw: unknown): unknown[] | null | undefined {
  const { item } = plan;
  if (!Array.isArray(raw) || !item) throw mismatch(raw, plan.goType);
  // Storing makes no difference between an empty list and none; so what is always written is null.
  if (raw.length === 0) return plan.dropsZero ? undefined : plan.field.always === true ? null : [];
  return raw.map((each) => readItem(item, each));
}

function readMap(plan: FieldPlan, raw: unknown): JsonMap | undefined {
  const { item } = plan;
  if (!isObject(raw) || !item) throw mismatch(raw, plan.goType);
  const out: JsonMap = {};
  let empty = true;
  for (const key in raw) {
    put(out, key, readItem(item, raw[key]));
    empty = false;
  }
  return empty && plan.dropsZero ? undefined : out;
}

/** Sets an own property, also where the name would reach the prototype. */
function put(map: JsonMap, key: string, value: unknown): void {
  if (key !== "__proto__") {
    map[key] = value;
    return;
  }
  Object.defineProperty(map, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function readStructOr(plan: FieldPlan, raw: unknown): unknown {
  const { field } = plan;
  if (field.type !== "structOr") throw new DecodeError("no such alternative");
  if (isObject(raw)) return readStruct(plan.struct(), raw);
  if (field.or === "bool") {
    if (typeof raw !== "boolean") throw new DecodeError("boolean or JSON schema expected");
    return raw;
  }
  if (!Array.isArray(raw)) throw mismatch(raw, plan.goType);
  if (field.or === "list") {
    return raw.map((each) =>
      each === null ? zeroStruct(plan.struct()) : readStruct(plan.struct(), each),
    );
  }
  for (const each of raw) if (typeof each !== "string") throw mismatch(each, "string");
  return [...raw];
}

/** A deep copy of any JSON value. */
function copyJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  deeper();
  const copy = Array.isArray(value) ? value.map(copyJson) : copyMap(value as JsonMap);
  depth -= 1;
  return copy;
}

function copyMap(value: JsonMap): JsonMap {
  const out: JsonMap = {};
  for (const key in value) {
    if (value[key] !== undefined) put(out, key, copyJson(value[key]));
  }
  return out;
}
