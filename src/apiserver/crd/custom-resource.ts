import { schemaOf, storageVersion, versionsOf } from "#apis/apiextensions/crd-spec.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "#apis/apiextensions/custom-resource-definition.ts";
import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { defineResource, type Resource, type Verb } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { SelectableFields } from "../rest/selectable-fields.ts";
import type { Served, ServedStorage } from "../rest/served.ts";
import { handleScale } from "../rest/subresources/scale.ts";
import { storedShape } from "../watch-cache/cached-object.ts";
import type { CachedResource } from "../watch-cache/resource-cache.ts";
import { customPrinter } from "./custom-columns.ts";
import { type Converter, versionConversion } from "./custom-conversion.ts";
import { customScale } from "./custom-scale.ts";
import { customStrategy } from "./custom-strategy.ts";
import { deprecationWarning } from "./deprecation.ts";
import { wholeSchema } from "./field-schemas.ts";
import { fieldNames, valueAt } from "./json-path.ts";

/** In the order in which upstream lists them. */
const verbs: readonly Verb[] = [
  "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch",
]; // prettier-ignore

/** A custom resource: what this server needs to serve the versions of a definition. */
export interface CustomResource {
  /** Where its objects lie, whatever version they were stored in. */
  readonly cached: CachedResource;
  /** The versions that are served. */
  readonly served: readonly Served[];
}

/** Where the objects of a definition are stored. */
export function customPrefix({
  spec,
}: Pick<DeepReadonly<CustomResourceDefinition>, "spec">): string {
  return `/registry/${spec.group}/${spec.names.plural}/`;
}

const schemas = new WeakMap<Resource, JSONSchemaProps>();

/** The `openAPIV3Schema` of a resource that a definition made; undefined for all others. */
export function customSchema(resource: Resource): JsonObject | undefined {
  return schemas.get(resource) as JsonObject | undefined;
}

const anything: JSONSchemaProps = { "x-kubernetes-preserve-unknown-fields": true };

/**
 * Makes of a valid definition what serves it. `state` tells apart what is made of different states
 * of one definition. `converter` is asked for objects in another version than theirs.
 */
export function customResource(
  crd: CustomResourceDefinition,
  state: string,
  converter: Converter,
): CustomResource {
  const versions = versionsOf(crd);
  const resources = new Map(versions.map((version) => [version.name, resourceOf(crd, version)]));
  const schemaByVersion = new Map(
    versions.map((version) => [
      resources.get(version.name)!.apiVersion,
      schemaOf(version) ?? anything,
    ]),
  );
  const storedAs = resources.get(storageVersion(crd)!.name)!;
  const cached: CachedResource = {
    prefix: customPrefix(crd),
    shape: storedShape(storedAs.apiVersion, storedAs.kind),
    shapes: [...resources.values()].map(({ apiVersion, kind }) => storedShape(apiVersion, kind)),
  };
  const served = versions
    .filter((version) => version.served)
    .map((version): Served => {
      const resource = resources.get(version.name)!;
      const conversion = versionConversion({
        apiVersion: resource.apiVersion,
        storedAs: storedAs.apiVersion,
        schemas: schemaByVersion,
        converter,
      });
      const storage: ServedStorage = { ...cached, storedAs, ttlSeconds: undefined, conversion };
      return serveVersion(crd, version, resource, storage, state);
    });
  return { cached, served };
}

function resourceOf(
  { spec, status }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): Resource {
  const { group, scope } = spec;
  const { kind, listKind, plural, singular = "", shortNames, categories } = status!.acceptedNames;
  const { name, subresources } = version;
  const schema = schemaOf(version) ?? anything;
  const resource = defineResource<KubeObject>({
    group,
    version: name,
    kind,
    plural,
    singular,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
    namespaced: scope === "Namespaced",
    verbs,
    schema: wholeSchema(kind, schema),
    subresources: {
      ...(subresources?.status ? { status: {} } : {}),
      ...(subresources?.scale
        ? { scale: { group: "autoscaling", version: "v1", kind: "Scale" } }
        : {}),
    },
  });
  const made = { ...resource, listKind: listKind || resource.listKind };
  schemas.set(made, schema);
  return made;
}

function serveVersion(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  resource: Resource,
  storage: ServedStorage,
  state: string,
): Served {
  const { status, scale } = version.subresources ?? {};
  const warning = deprecationWarning(crd, version);
  return {
    resource,
    state,
    storage,
    shape: storedShape(resource.apiVersion, resource.kind),
    fields: selectableFieldsOf(version, resource.namespaced),
    printer: customPrinter(version),
    strategy: customStrategy({
      gvk: resource.gvk,
      plural: resource.plural,
      namespaced: resource.namespaced,
      schema: schemaOf(version) ?? anything,
      hasStatus: status !== undefined,
      scale,
      isTerminating: crd.metadata.deletionTimestamp !== undefined,
    }),
    ...(warning === undefined ? {} : { warnings: [warning] }),
    ...(scale
      ? {
          handlers: {
            scale: (context, stored) => handleScale(context, stored, customScale(scale)),
          },
        }
      : {}),
  };
}

function selectableFieldsOf(
  { selectableFields }: CustomResourceDefinitionVersion,
  namespaced: boolean,
): SelectableFields {
  const own = (selectableFields ?? []).map(({ jsonPath }) => {
    const names = fieldNames(jsonPath);
    return [names.join("."), (object: KubeObject) => textAt(object, names)] as const;
  });
  return {
    "metadata.name": ({ metadata }) => metadata.name,
    ...(namespaced ? { "metadata.namespace": ({ metadata }) => metadata.namespace ?? "" } : {}),
    ...Object.fromEntries(own),
  };
}

function textAt(object: KubeObject, names: readonly string[]): string {
  const value = valueAt(object, names);
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
