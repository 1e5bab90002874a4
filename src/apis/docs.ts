/** The texts of a type's fields by name; "" is that of the type itself. */
export type TypeDocs = Readonly<Record<string, string>>;

const docs: Readonly<Record<string, TypeDocs>> = {};

/** The texts of a type, by its qualified name such as `core.v1.Pod`. */
export function docsOf(typeName: string): TypeDocs | undefined {
  return docs[typeName];
}
