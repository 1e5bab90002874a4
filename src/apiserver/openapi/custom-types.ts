import type { GroupVersionKind, Resource } from "#machinery/resource.ts";
import { type OpenApiVersion, refTo } from "#machinery/schema/openapi.ts";
import type { JsonObject, JsonValue } from "#machinery/schema/schema.ts";

/** The types of custom resources, from the schema that their CRD gives. */

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const typeMeta: JsonObject = {
  apiVersion: { type: "string", description: "Group and version of this object's schema." },
  kind: { type: "string", description: "Which kind of object this is." },
};

/** `com.example.v1.CronTab`. */
export function customTypeName({ group, version, kind }: GroupVersionKind): string {
  return `${group.split(".").toReversed().join(".")}.${version}.${kind}`;
}

/** The object and its list. */
export function customTypes(
  resource: Resource,
  schema: JsonObject,
  version: OpenApiVersion,
): Record<string, JsonObject> {
  const { group, version: apiVersion, kind } = resource.gvk;
  const name = customTypeName(resource.gvk);
  const list = { ...resource.gvk, kind: resource.listKind };
  const own = version === 2 ? plain(schema) : schema;
  const properties = (own["properties"] ?? {}) as JsonObject;
  const gvk = (each: string) => [{ group, kind: each, version: apiVersion }];
  return {
    [name]: {
      ...own,
      type: "object",
      properties: { ...properties, ...typeMeta, metadata: reference("ObjectMeta", version) },
      "x-kubernetes-group-version-kind": gvk(kind),
    },
    [customTypeName(list)]: {
      description: `A list of ${kind} objects.`,
      type: "object",
      required: ["items"],
      properties: {
        ...typeMeta,
        metadata: reference("ListMeta", version),
        items: { type: "array", description: "The objects.", items: refTo(name, version) },
      },
      "x-kubernetes-group-version-kind": gvk(resource.listKind),
    },
  };
}

function reference(name: string, version: OpenApiVersion): JsonObject {
  const description = "Standard metadata: name, namespace, labels and so on.";
  const to = refTo(`${meta}.${name}`, version);
  return version === 2 ? { description, ...to } : { description, allOf: [to] };
}

/** What OpenAPI v2 has no words for; what is meant by it is checked by the server alone. */
const unknownToV2: ReadonlySet<string> = new Set([
  "anyOf",
  "allOf",
  "default",
  "nullable",
  "not",
  "oneOf",
]);

/** A schema without what older readers would stumble over. */
function plain(schema: JsonObject): JsonObject {
  // Types that are not known exactly are not described at all, so that clients leave them alone.
  if (schema["x-kubernetes-int-or-string"] || schema["nullable"]) {
    const { description } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      ...extensions(schema),
    };
  }
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (value === undefined || unknownToV2.has(key)) return [];
    if (preserves && (key === "properties" || key === "items")) return [];
    if (key === "properties") return [[key, eachPlain(value as JsonObject)]];
    if (key === "items" || key === "additionalProperties") {
      return [[key, typeof value === "object" ? plain(value as JsonObject) : value]];
    }
    return [[key, value]];
  });
  return Object.fromEntries(entries);
}

function eachPlain(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, plain(schema as JsonObject)]),
  );
}

function extensions(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key.startsWith("x-")));
}
