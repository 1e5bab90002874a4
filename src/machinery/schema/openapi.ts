import type { GroupVersionKind } from "../resource.ts";
import {
  type FieldSchema,
  type JsonObject,
  type ObjectSchema,
  qualifiedName,
  type ScalarType,
} from "./schema.ts";
import { reachableTypes } from "./walk.ts";

/**
 * OpenAPI documents' types (`definitions` of v2, `components.schemas` of v3) from schemas, named
 * and extended as upstream names and extends them. Paths are assembled by the API server.
 */

export type OpenApiVersion = 2 | 3;

export interface OpenApiOptions {
  readonly version: OpenApiVersion;
  /** The kinds that a type is known as; none for types that are no top-level kinds. */
  readonly kindsOf: (schema: ObjectSchema) => readonly GroupVersionKind[];
  /**
   * The texts of the fields of a type (by its qualified name, such as `core.v1.Pod`), where the
   * schema has none; under "" that of the type itself.
   */
  readonly docs?: (typeName: string) => Readonly<Record<string, string>> | undefined;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
/** Packages that do not lie in `io.k8s.api`. */
const packagePrefixes: Readonly<Record<string, string>> = {
  "meta.v1": meta,
  "apiextensions.v1": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
  "apiregistration.v1": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
};

/** The types of scalars that documents refer to by name, and how documents describe them. */
const namedScalars: Partial<Record<ScalarType, { name: string; v2: JsonObject; v3: JsonObject }>> =
  {
    time: same(`${meta}.Time`, { type: "string", format: "date-time" }),
    microTime: same(`${meta}.MicroTime`, { type: "string", format: "date-time" }),
    duration: same(`${meta}.Duration`, { type: "string" }),
    fieldsV1: same(`${meta}.FieldsV1`, { type: "object" }),
    rawExtension: same("io.k8s.apimachinery.pkg.runtime.RawExtension", { type: "object" }),
    json: same(`${packagePrefixes["apiextensions.v1"]}.JSON`, {}),
    quantity: {
      name: "io.k8s.apimachinery.pkg.api.resource.Quantity",
      v2: { type: "string" },
      v3: { oneOf: [{ type: "string" }, { type: "number" }] },
    },
    intOrString: {
      name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
      v2: { type: "string", format: "int-or-string" },
      v3: { oneOf: [{ type: "integer" }, { type: "string" }], format: "int-or-string" },
    },
  };

function same(name: string, description: JsonObject) {
  return { name, v2: description, v3: description };
}

/** The body of a patch request, a type that no Go struct stands behind. */
export const patchTypeName = `${meta}.Patch`;

/** `io.k8s.api.core.v1.Pod`. */
export function openApiName(schema: ObjectSchema): string {
  const { package: from, name } = schema;
  const known = packagePrefixes[from];
  if (known !== undefined) return `${known}.${name}`;
  return /^[a-z]+\.v[0-9a-z]+$/.test(from) ? `io.k8s.api.${from}.${name}` : `${from}.${name}`;
}

/** A reference to the type called `name`. */
export function refTo(name: string, version: OpenApiVersion): JsonObject {
  return { $ref: `#/${version === 2 ? "definitions" : "components/schemas"}/${name}` };
}

/** The descriptions of the given types and of all they are made of, by name. */
export function openApiTypes(
  roots: Iterable<ObjectSchema>,
  options: OpenApiOptions,
): Record<string, JsonObject> {
  const types: Record<string, JsonObject> = { [patchTypeName]: { type: "object" } };
  for (const schema of reachableTypes(roots)) {
    types[openApiName(schema)] = describeType(schema, options);
    for (const field of Object.values(schema.fields)) addNamed(field, types, options.version);
  }
  return Object.fromEntries(Object.entries(types).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Adds the named types of scalars that a field uses. */
function addNamed(
  field: FieldSchema,
  types: Record<string, JsonObject>,
  version: OpenApiVersion,
): void {
  if (field.type === "list" || field.type === "map") addNamed(field.item, types, version);
  else if (field.type === "structOr") types[structOrName(field.name)] = {};
  else if (field.type !== "struct") {
    const named = namedScalars[field.type];
    if (named) types[named.name] = version === 2 ? named.v2 : named.v3;
  }
}

function structOrName(name: string): string {
  return `${packagePrefixes["apiextensions.v1"]}.${name}`;
}

function describeType(schema: ObjectSchema, options: OpenApiOptions): JsonObject {
  const fields = Object.entries(schema.fields);
  const required = fields.flatMap(([name, field]) => (field.required ? [name] : []));
  const kinds = options.kindsOf(schema);
  const docs = options.docs?.(qualifiedName(schema));
  const description = schema.doc ?? docs?.[""];
  const ownFields = fields.map(([name, field]) => [
    name,
    describe(field, options.version, docs?.[name]),
  ]);
  return {
    ...(description === undefined ? {} : { description }),
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    ...(fields.length === 0
      ? {}
      : {
          properties: Object.fromEntries(ownFields) as JsonObject,
        }),
    ...(kinds.length === 0
      ? {}
      : {
          "x-kubernetes-group-version-kind": kinds.map(({ group, kind, version }) => ({
            group,
            kind,
            version,
          })),
        }),
    ...(schema.mapType === undefined ? {} : { "x-kubernetes-map-type": schema.mapType }),
    ...(schema.unions === undefined
      ? {}
      : {
          "x-kubernetes-unions": schema.unions.map(({ discriminator, fields }) => ({
            ...(discriminator === undefined ? {} : { discriminator }),
            "fields-to-discriminateBy": { ...fields },
          })),
        }),
  };
}

/** The description of a field, of whatever it refers to and of what may be said beside that. */
function describe(field: FieldSchema, version: OpenApiVersion, doc?: string): JsonObject {
  const beside = besideType(field, version, doc);
  const type = typeOf(field, version);
  // In v3 a reference stands alone: what is said beside it needs a wrapper.
  if (version === 3 && "$ref" in type && Object.keys(beside).length > 0) {
    return { ...beside, allOf: [type] };
  }
  return { ...beside, ...type };
}

function besideType(
  field: FieldSchema,
  version: OpenApiVersion,
  doc: string | undefined,
): JsonObject {
  const entries: readonly (readonly [string, JsonObject[string]])[] = [
    ["description", field.doc ?? doc],
    // Upstream leaves defaults out of v2.
    ["default", version === 3 ? field.default : undefined],
    ["enum", field.enum === undefined ? undefined : [...field.enum]],
    ["format", field.format],
    ["x-kubernetes-list-map-keys", field.type === "list" ? copy(field.listMapKeys) : undefined],
    ["x-kubernetes-list-type", field.listType],
    ["x-kubernetes-map-type", field.mapType],
    ["x-kubernetes-patch-merge-key", field.patchMergeKey],
    ["x-kubernetes-patch-strategy", field.patchStrategy],
    ["x-kubernetes-preserve-unknown-fields", field.preserveUnknown],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function copy(texts: readonly string[] | undefined): string[] | undefined {
  return texts && [...texts];
}

function typeOf(field: FieldSchema, version: OpenApiVersion): JsonObject {
  switch (field.type) {
    case "string":
      return { type: "string" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "bool":
      return { type: "boolean" };
    case "int32":
    case "int64":
      return { type: "integer", format: field.type };
    case "int":
      return { type: "integer" };
    case "double":
      return { type: "number", format: "double" };
    case "struct":
      return refTo(openApiName(field.schema), version);
    case "structOr":
      return refTo(structOrName(field.name), version);
    case "list":
      return { type: "array", items: describe(field.item, version) };
    case "map":
      return { type: "object", additionalProperties: describe(field.item, version) };
    case "any":
      return {};
    case "time":
    case "microTime":
    case "duration":
    case "fieldsV1":
    case "rawExtension":
    case "json":
    case "quantity":
    case "intOrString":
      return refTo(namedScalars[field.type]?.name ?? "", version);
  }
}
