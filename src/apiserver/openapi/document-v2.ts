import { apiResourceList } from "#apis/meta/api-resource-list.ts";
import type { Resource } from "#machinery/resource.ts";
import { openApiName, refTo } from "#machinery/schema/openapi.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import { kubernetesVersion } from "../version.ts";
import {
  bearerToken,
  builtInMedia,
  codeNames,
  customMedia,
  patchMedia,
  sharedTypeName,
  watchMedia,
} from "./document-v3.ts";
import {
  type BodyType,
  groupTitle,
  type Operation,
  type Path,
  resourcePaths,
  tagOf,
} from "./operations.ts";
import { rootOf } from "./root.ts";
import type { Parameter } from "./parameters.ts";
import { type Sources, typeNameOf, typesOf } from "./types.ts";

/** OpenAPI v2: one document for everything. Older clients know no other. */

/** The document. */
export function documentV2(sources: Sources): JsonObject {
  const shared = new SharedParameters();
  const paths: Record<string, JsonObject> = {};
  const versions = new Map<string, Resource>();
  for (const resource of sources.resources) versions.set(resource.apiVersion, resource);
  for (const version of versions.values()) paths[`${rootOf(version)}/`] = discovery(version);
  for (const resource of sources.resources) {
    const isCustom = sources.customSchema(resource) !== undefined;
    for (const path of resourcePaths(resource)) {
      paths[path.path] = pathItem(path, resource, isCustom, shared);
    }
  }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: kubernetesVersion.gitVersion },
    paths,
    definitions: typesOf(sources, [...versions.keys()], 2),
    parameters: shared.definitions,
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

function discovery(version: { group: string; version: string }): JsonObject {
  return {
    get: {
      tags: [tagOf(version)],
      description: "The resources of this version.",
      operationId: `get${groupTitle(version)}APIResources`,
      consumes: builtInMedia,
      produces: builtInMedia,
      schemes: ["https"],
      responses: {
        "200": { description: "OK", schema: refTo(openApiName(apiResourceList), 2) },
        "401": { description: "Unauthorized" },
      },
    },
  };
}

/** Parameters are said once and referred to, or they would be half of the document. */
class SharedParameters {
  readonly definitions: Record<string, JsonObject> = {};
  readonly #names = new Map<string, string>();
  readonly #taken = new Map<string, number>();

  refer(parameter: JsonObject): JsonObject {
    const key = JSON.stringify(parameter);
    let name = this.#names.get(key);
    if (name === undefined) {
      const base = typeof parameter["name"] === "string" ? parameter["name"] : "parameter";
      const count = (this.#taken.get(base) ?? 0) + 1;
      this.#taken.set(base, count);
      name = `${base}-${count}`;
      this.#names.set(key, name);
      this.definitions[name] = parameter;
    }
    return { $ref: `#/parameters/${name}` };
  }
}

function pathItem(
  { parameters, operations }: Path,
  resource: Resource,
  isCustom: boolean,
  shared: SharedParameters,
): JsonObject {
  const entries = operations.map((each): [string, JsonObject] => [
    each.method,
    operation(each, resource, isCustom, shared),
  ]);
  return {
    ...Object.fromEntries(entries),
    parameters: parameters.map((each) => shared.refer(parameter(each))),
  };
}

function operation(
  each: Operation,
  resource: Resource,
  isCustom: boolean,
  shared: SharedParameters,
): JsonObject {
  const { body, answer, kind } = each;
  const media = isCustom ? customMedia : builtInMedia;
  const watching = isCustom ? watchMedia.slice(0, 1) : watchMedia;
  const schema = answer === "text" ? { type: "string" } : bodySchema(answer);
  const codes = each.codes.map((code): [string, JsonObject] => [
    String(code),
    { description: codeNames[code] ?? "", schema },
  ]);
  const parameters = each.parameters.map((one) => shared.refer(parameter(one)));
  const inBody =
    body && body.type !== "text" ? [shared.refer(bodyParameter(body.type, body.required))] : [];
  return {
    tags: [tagOf(resource)],
    description: each.description,
    operationId: each.id,
    consumes: body?.type === "Patch" ? patchMedia(isCustom) : ["*/*"],
    produces: produced(each, media, watching),
    schemes: ["https"],
    ...(inBody.length + parameters.length === 0 ? {} : { parameters: [...inBody, ...parameters] }),
    responses: { ...Object.fromEntries(codes), "401": { description: "Unauthorized" } },
    "x-kubernetes-action": each.action,
    "x-kubernetes-group-version-kind": { ...kind },
  };
}

function produced(each: Operation, media: string[], watching: string[]): string[] {
  if (each.action === "connect") return ["*/*"];
  if (each.answer === "text") return ["text/plain", ...media];
  return each.isList ? [...media, ...watching] : media;
}

function bodySchema(type: Exclude<BodyType, "text">): JsonObject {
  return refTo(typeof type === "string" ? sharedTypeName(type) : typeNameOf(type), 2);
}

function bodyParameter(type: Exclude<BodyType, "text">, required: boolean): JsonObject {
  return { name: "body", in: "body", ...(required ? { required } : {}), schema: bodySchema(type) };
}

function parameter({ name, in: where, type, description }: Parameter): JsonObject {
  return {
    uniqueItems: true,
    type,
    description,
    name,
    in: where,
    ...(where === "path" ? { required: true } : {}),
  };
}
