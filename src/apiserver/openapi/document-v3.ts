import { deleteOptions } from "#apis/meta/delete-options.ts";
import { status } from "#apis/meta/status.ts";
import { apiResourceList } from "#apis/meta/api-resource-list.ts";
import type { Resource } from "#machinery/resource.ts";
import { openApiName, patchTypeName, refTo } from "#machinery/schema/openapi.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import { kubernetesVersion } from "../version.ts";
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

/** OpenAPI v3: one document for each group and version. */

export const builtInMedia = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
];
export const watchMedia = [
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];
export const customMedia = ["application/json", "application/yaml"];

/** What bodies of patches may be; custom resources know no strategic merge. */
export function patchMedia(isCustom: boolean): string[] {
  return [
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    ...(isCustom ? [] : ["application/strategic-merge-patch+json"]),
  ];
}

/** The types of the shared bodies. */
export function sharedTypeName(type: Exclude<BodyType, object>): string {
  if (type === "Patch") return patchTypeName;
  return openApiName(type === "DeleteOptions" ? deleteOptions : status);
}

export const bearerToken: JsonObject = {
  type: "apiKey",
  name: "authorization",
  in: "header",
  description: "A bearer token.",
};

/** The document of one group and version. */
export function documentV3(sources: Sources, apiVersion: string): JsonObject {
  const own = sources.resources.filter((resource) => resource.apiVersion === apiVersion);
  const [first] = own;
  const paths: Record<string, JsonObject> = first
    ? { [`${rootOf(first)}/`]: discovery(first) }
    : {};
  for (const resource of own) {
    const isCustom = sources.customSchema(resource) !== undefined;
    for (const path of resourcePaths(resource)) {
      paths[path.path] = pathItem(path, resource, isCustom);
    }
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: kubernetesVersion.gitVersion },
    paths,
    components: {
      schemas: typesOf(sources, [apiVersion], 3),
      securitySchemes: { BearerToken: bearerToken },
    },
    security: [{ BearerToken: [] }],
  };
}

/** The operation that lists what a version has. */
function discovery(version: { group: string; version: string }): JsonObject {
  return {
    get: {
      tags: [tagOf(version)],
      description: "The resources of this version.",
      operationId: `get${groupTitle(version)}APIResources`,
      responses: {
        "200": {
          description: "OK",
          content: content(builtInMedia, refTo(openApiName(apiResourceList), 3)),
        },
        "401": { description: "Unauthorized" },
      },
    },
  };
}

function pathItem({ parameters, operations }: Path, resource: Resource, isCustom: boolean) {
  const entries = operations.map((each) => [each.method, operation(each, resource, isCustom)]);
  return {
    ...(Object.fromEntries(entries) as JsonObject),
    parameters: parameters.map(parameter),
  } satisfies JsonObject;
}

function operation(each: Operation, resource: Resource, isCustom: boolean): JsonObject {
  const { body, answer, kind } = each;
  const media = isCustom ? customMedia : builtInMedia;
  const watching = isCustom ? watchMedia.slice(0, 1) : watchMedia;
  const answered =
    answer === "text"
      ? content([each.action === "connect" ? "*/*" : "text/plain"], { type: "string" })
      : content(each.isList ? [...media, ...watching] : media, bodySchema(answer));
  const codes = each.codes.map((code) => [
    String(code),
    { description: codeNames[code] ?? "", content: answered },
  ]);
  const accepted = body?.type === "Patch" ? patchMedia(isCustom) : ["*/*"];
  return {
    tags: [tagOf(resource)],
    description: each.description,
    operationId: each.id,
    ...(each.parameters.length === 0 ? {} : { parameters: each.parameters.map(parameter) }),
    ...(body && body.type !== "text"
      ? {
          requestBody: {
            content: content(accepted, bodySchema(body.type)),
            ...(body.required ? { required: true } : {}),
          },
        }
      : {}),
    responses: Object.fromEntries([
      ...codes,
      ["401", { description: "Unauthorized" }],
    ]) as JsonObject,
    "x-kubernetes-action": each.action,
    "x-kubernetes-group-version-kind": { ...kind },
  };
}

export const codeNames: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
};

function bodySchema(type: Exclude<BodyType, "text">): JsonObject {
  return refTo(typeof type === "string" ? sharedTypeName(type) : typeNameOf(type), 3);
}

function content(media: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(media.map((type) => [type, { schema }]));
}

function parameter({ name, in: where, type, description }: Parameter): JsonObject {
  return {
    name,
    in: where,
    description,
    ...(where === "path" ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}
