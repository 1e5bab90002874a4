import { formatQuantity, parseQuantity } from "../quantity.ts";
import type { FieldSchema, JsonValue, ObjectSchema } from "./schema.ts";

/**
 * Applies what a schema alone says about absent fields: the `default`s of present structs at any
 * depth. Resource lists of core types are rounded up to thousandths, as upstream does on the same
 * way. Changes `object`, which must be decoded.
 */
export function applySchemaDefaults(schema: ObjectSchema, object: object): void {
  defaultsOf(schema).apply(object as Values);
}

type Values = Record<string, unknown>;

interface Defaults {
  /** Nothing below has defaults: not worth a walk. Settled once the type is known in full. */
  empty: boolean;
  apply: (object: Values) => void;
}

const known = new WeakMap<ObjectSchema, Defaults>();

function defaultsOf(schema: ObjectSchema): Defaults {
  const found = known.get(schema);
  if (found) return found;
  const steps: ((object: Values) => void)[] = [];
  // Recursive types meet themselves here; none of them has defaults of its own.
  const made: Defaults = { empty: true, apply: () => {} };
  known.set(schema, made);
  for (const [name, field] of Object.entries(schema.fields)) {
    const { default: value } = field;
    if (value !== undefined) steps.push((object) => (object[name] ??= copyDefault(value)));
    const inner = stepInto(schema, field);
    if (inner) {
      steps.push((object) => {
        const present = object[name];
        if (present !== undefined && present !== null) inner(present);
      });
    }
  }
  if (steps.length === 0) return made;
  made.empty = false;
  made.apply = (object) => {
    for (const step of steps) step(object);
  };
  return made;
}

function copyDefault(value: JsonValue): JsonValue {
  return typeof value === "object" ? structuredClone(value) : value;
}

/** What to do with the present value of a field; undefined: nothing. */
function stepInto(owner: ObjectSchema, field: FieldSchema): ((value: unknown) => void) | undefined {
  if (field.type === "struct") {
    const inner = defaultsOf(field.schema);
    return inner.empty ? undefined : (value) => inner.apply(value as Values);
  }
  if (field.type === "map" && field.item.type === "quantity") {
    return owner.package === "core.v1" ? (value) => roundResources(value as Values) : undefined;
  }
  if (field.type !== "list" && field.type !== "map") return undefined;
  const each = stepInto(owner, field.item);
  return each && ((values) => Object.values(values as Values).forEach((value) => each(value)));
}

/** Rounds the quantities of a resource list up to thousandths. */
function roundResources(resources: Values): void {
  for (const [name, quantity] of Object.entries(resources)) {
    if (typeof quantity !== "string" || !/[nu]$|e-/.test(quantity)) continue;
    const { nano, format } = parseQuantity(quantity);
    const floor = nano / 1_000_000n;
    const milli = nano % 1_000_000n > 0n ? floor + 1n : floor;
    resources[name] = formatQuantity({ nano: milli * 1_000_000n, format });
  }
}
