import type { FieldSchema, ObjectSchema } from "../schema/schema.ts";

/** A field as its message has it. */
export interface ProtoField {
  readonly number: number;
  readonly name: string;
  readonly field: FieldSchema;
}

/** A message that JSON shows inline: its fields lie in the object itself. */
export interface ProtoEmbedded {
  readonly number: number;
  readonly embedded: ProtoPlan;
}

/** The fields of a message in the order of their numbers, which is the order on the wire. */
export interface ProtoPlan {
  readonly entries: readonly (ProtoField | ProtoEmbedded)[];
  readonly byNumber: ReadonlyMap<number, ProtoField | ProtoEmbedded>;
}

const plans = new WeakMap<ObjectSchema, ProtoPlan>();

/** The protobuf layout of a type, made on first use. */
export function protoPlanOf(schema: ObjectSchema): ProtoPlan {
  const known = plans.get(schema);
  if (known) return known;
  const tagged = Object.entries(schema.fields).flatMap(([name, field]) =>
    field.tag === undefined ? [] : [{ path: [field.tag].flat(), name, field }],
  );
  const plan = planFrom(tagged);
  plans.set(schema, plan);
  return plan;
}

interface Tagged {
  readonly path: readonly number[];
  readonly name: string;
  readonly field: FieldSchema;
}

function planFrom(tagged: readonly Tagged[]): ProtoPlan {
  const entries: (ProtoField | ProtoEmbedded)[] = [];
  const inner = new Map<number, Tagged[]>();
  for (const { path, name, field } of tagged) {
    const [number = 0, ...rest] = path;
    if (rest.length === 0) entries.push({ number, name, field });
    else inner.set(number, [...(inner.get(number) ?? []), { path: rest, name, field }]);
  }
  for (const [number, fields] of inner) entries.push({ number, embedded: planFrom(fields) });
  entries.sort((a, b) => a.number - b.number);
  return { entries, byNumber: new Map(entries.map((entry) => [entry.number, entry])) };
}
