import { kindOfSchema, schemaOfKind, topLevelTypes } from "#apis/kinds.ts";
import type { TypeDocs } from "#apis/docs.ts";
import { objectMeta } from "#machinery/object-meta.ts";
import type { GroupVersionKind, Resource } from "#machinery/resource.ts";
import { openApiName, openApiTypes, type OpenApiVersion } from "#machinery/schema/openapi.ts";
import type { JsonObject, ObjectSchema } from "#machinery/schema/schema.ts";
import { customTypeName, customTypes } from "./custom-types.ts";

/** What documents are made from. */
export interface Sources {
  /** All that is served, in discovery order. */
  readonly resources: readonly Resource[];
  /** The JSON schema of a resource that is not built in (a CRD's); undefined for the others. */
  readonly customSchema: (resource: Resource) => JsonObject | undefined;
  readonly docs: (typeName: string) => TypeDocs | undefined;
}

/** Types whose kind belongs to every group and version. */
const everywhere: ReadonlySet<string> = new Set(["DeleteOptions", "WatchEvent"]);

/** The descriptions of all types of some group-versions, by name. */
export function typesOf(
  sources: Sources,
  apiVersions: readonly string[],
  version: OpenApiVersion,
): Record<string, JsonObject> {
  const roots = new Set<ObjectSchema>(apiVersions.flatMap(topLevelTypes));
  const custom = sources.resources.flatMap((resource) => {
    const schema = apiVersions.includes(resource.apiVersion) && sources.customSchema(resource);
    return schema ? [{ resource, schema }] : [];
  });
  for (const { resource } of custom) for (const root of rootsOf(resource)) roots.add(root);
  const types = openApiTypes(roots, {
    version,
    kindsOf: (schema) => kindsOf(sources, schema),
    docs: sources.docs,
  });
  for (const { resource, schema } of custom) {
    Object.assign(types, customTypes(resource, schema, version));
  }
  return types;
}

/** Built-in types that those of a custom resource refer to. */
function rootsOf({ subresources }: Resource): ObjectSchema[] {
  const { scale } = subresources;
  return [objectMeta, ...((scale && [schemaOfKind(scale)]) ?? [])].filter(
    (each) => each !== undefined,
  );
}

function kindsOf({ resources }: Sources, schema: ObjectSchema): readonly GroupVersionKind[] {
  if (schema.package === "meta.v1") {
    const { name: kind } = schema;
    if (kind === "Status" || kind === "APIResourceList")
      return [{ group: "", version: "v1", kind }];
    if (!everywhere.has(kind)) return [];
    const versions = new Map(resources.map((resource) => [resource.apiVersion, resource]));
    return [...versions.values()].map(({ group, version }) => ({ group, version, kind }));
  }
  const kind = kindOfSchema(schema);
  return kind ? [kind] : [];
}

/** The name of the type that a kind has in documents. */
export function typeNameOf(kind: GroupVersionKind): string {
  const schema = schemaOfKind(kind);
  return schema ? openApiName(schema) : customTypeName(kind);
}
