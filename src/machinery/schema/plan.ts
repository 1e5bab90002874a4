import { fieldOf, type FieldSchema, type ObjectSchema } from "./schema.ts";

/**
 * A schema made ready for decoding: per field what happens to it, looked up once. Plans are made
 * on first use and kept as long as their schema.
 */
export interface StructPlan {
  readonly schema: ObjectSchema;
  /** How upstream names the type in messages, such as `v1.PodSpec`. */
  readonly goType: string;
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** Fields that Go always writes, and makers of what they hold when absent. */
  readonly always: readonly (readonly [name: string, zero: () => unknown])[];
}

export interface FieldPlan {
  readonly field: FieldSchema;
  readonly type: FieldSchema["type"];
  /** The zero value is as good as absence, and is left out. */
  readonly dropsZero: boolean;
  /** How upstream names the type in messages. */
  readonly goType: string;
  /** What `null` in a list or map becomes. */
  readonly zero: () => unknown;
  /** The plan of a struct's fields. */
  readonly struct: () => StructPlan;
  /** The plan of a list's or map's items. */
  readonly item: FieldPlan | undefined;
}

const plans = new WeakMap<ObjectSchema, StructPlan>();

/** The plan of a schema, made on first use. */
export function planOf(schema: ObjectSchema): StructPlan {
  const known = plans.get(schema);
  if (known) return known;
  const always: [string, () => unknown][] = [];
  const fields = new Map<string, FieldPlan>();
  const plan: StructPlan = { schema, goType: structTypeOf(schema), fields, always };
  plans.set(schema, plan);
  for (const name of Object.keys(schema.fields)) {
    const field = fieldOf(schema, name);
    if (!field) continue;
    const made = planField(field);
    fields.set(name, made);
    const zero = alwaysOf(field, made);
    if (zero) always.push([name, zero]);
  }
  return plan;
}

/** An object of this type in which nothing is set. */
export function zeroStruct(plan: StructPlan): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, zero] of plan.always) out[name] = zero();
  return out;
}

const nothing = (): null => null;

function alwaysOf(field: FieldSchema, plan: FieldPlan): (() => unknown) | undefined {
  if (field.pointer === true) return field.always === true ? nothing : undefined;
  if (field.always === true) return plan.zero;
  if (field.omitZero === true) return undefined;
  return neverEmpty.has(field.type) ? plan.zero : undefined;
}

/** Types that are structs in Go: `omitempty` does not leave them out. */
const neverEmpty: ReadonlySet<FieldSchema["type"]> = new Set([
  "struct",
  "time",
  "microTime",
  "quantity",
  "intOrString",
  "duration",
  "rawExtension",
  "json",
]);

function planField(field: FieldSchema): FieldPlan {
  let struct: StructPlan | undefined;
  const nested = field.type === "struct" || field.type === "structOr";
  const holdsItems = field.type === "list" || field.type === "map";
  const item = holdsItems ? { ...planField(field.item), dropsZero: false } : undefined;
  return {
    field,
    type: field.type,
    dropsZero: field.pointer !== true && field.always !== true,
    goType: goTypeOf(field),
    zero: zeroOf(field),
    struct: () => (struct ??= planOf(nested ? field.schema : noFields)),
    item,
  };
}

const noFields: ObjectSchema = { name: "", package: "", isKind: false, fields: {} };

const zeroScalars: Partial<Record<FieldSchema["type"], string | number | boolean>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  int: 0,
  double: 0,
  intOrString: 0,
  quantity: "0",
  duration: "0s",
};

function zeroOf(field: FieldSchema): () => unknown {
  if (field.type === "struct") return () => zeroStruct(planOf(field.schema));
  const zero = zeroScalars[field.type] ?? null;
  return () => zero;
}

function structTypeOf({ package: from, name }: ObjectSchema): string {
  return `${from.slice(from.lastIndexOf(".") + 1)}.${name}`;
}

function goTypeOf(field: FieldSchema): string {
  if (field.type === "struct") return structTypeOf(field.schema);
  if (field.type === "list") return `[]${goTypeOf(field.item)}`;
  if (field.type === "map") return `map[string]${goTypeOf(field.item)}`;
  if (field.type === "bytes") return "[]uint8";
  return field.type === "double" ? "float64" : field.type;
}
