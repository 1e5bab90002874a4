import { type FieldSchema, type ObjectSchema, qualifiedName } from "./schema.ts";

/** All object types that the given ones are made of, themselves included, each once. */
export function reachableTypes(roots: Iterable<ObjectSchema>): ObjectSchema[] {
  const found = new Map<string, ObjectSchema>();
  const visit = (schema: ObjectSchema): void => {
    const name = qualifiedName(schema);
    if (found.has(name)) return;
    found.set(name, schema);
    for (const field of Object.values(schema.fields)) visitField(field);
  };
  const visitField = (field: FieldSchema): void => {
    if (field.type === "struct" || field.type === "structOr") visit(field.schema);
    if (field.type === "list" || field.type === "map") visitField(field.item);
  };
  for (const root of roots) visit(root);
  return [...found.values()];
}
