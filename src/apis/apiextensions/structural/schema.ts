import type { JSONSchemaProps } from "../json-schema-props.ts";

/**
 * Structural schemas (KEP: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema)
 * are worked with as they were written: nothing is compiled ahead, so that a hundred big CRDs cost
 * nothing until their objects come. These are the ways into a schema.
 */

/** The schema of the field `name`, if the schema names it. */
export function propertyOf(
  { properties }: JSONSchemaProps,
  name: string,
): JSONSchemaProps | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of the values of a map. */
export function additionalOf({
  additionalProperties,
}: JSONSchemaProps): JSONSchemaProps | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** The schema of the items of a list. */
export function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return Array.isArray(items) ? undefined : items;
}

/** The schema of what `name` holds in an object of this schema, declared or as a map's value. */
export function valueSchemaOf(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  return propertyOf(schema, name) ?? additionalOf(schema);
}

/** What every object of the API has; schemas need not name these at their root. */
export const typeAndMeta: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Whether unknown fields are kept. */
export function preserves(schema: JSONSchemaProps): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

/** Whether the schema describes a whole API object inside another one. */
export function isEmbedded(schema: JSONSchemaProps): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

/** The JSON types that the schema lets pass; none: all. */
export function typesOf(schema: JSONSchemaProps): readonly string[] {
  if (schema["x-kubernetes-int-or-string"] === true) return intOrString;
  return schema.type ? [schema.type] : [];
}
const intOrString = ["integer", "string"];

/** Every schema that `schema` directly consists of. */
export function* partsOf(schema: JSONSchemaProps): Generator<JSONSchemaProps> {
  const { items, allOf, anyOf, oneOf, not, properties, patternProperties, definitions } = schema;
  if (Array.isArray(items)) yield* items;
  else if (items) yield items;
  for (const list of [allOf, anyOf, oneOf]) if (list) yield* list;
  if (not) yield not;
  for (const map of [properties, patternProperties, definitions]) {
    if (map) yield* Object.values(map);
  }
  const additional = additionalOf(schema);
  if (additional) yield additional;
  if (typeof schema.additionalItems === "object") yield schema.additionalItems;
  for (const dependency of Object.values(schema.dependencies ?? {})) {
    if (!Array.isArray(dependency)) yield dependency;
  }
}

/** Whether `holds` is true of the schema or of any schema inside it. */
export function someSchema(
  schema: JSONSchemaProps,
  holds: (schema: JSONSchemaProps) => boolean,
): boolean {
  if (holds(schema)) return true;
  for (const part of partsOf(schema)) if (someSchema(part, holds)) return true;
  return false;
}

/** Remembers the answer to a question about schemas, which never change. */
export function remembered(
  ask: (schema: JSONSchemaProps) => boolean,
): (schema: JSONSchemaProps) => boolean {
  const answers = new WeakMap<JSONSchemaProps, boolean>();
  return (schema) => {
    let answer = answers.get(schema);
    if (answer === undefined) answers.set(schema, (answer = ask(schema)));
    return answer;
  };
}
