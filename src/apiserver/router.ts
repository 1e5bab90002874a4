import { ApiError } from "#machinery/errors.ts";
import type { AllowedRequest } from "./pipeline.ts";
import type { ApiRequest } from "./request.ts";
import { type ApiResponse, textResponse } from "./response.ts";
import type { ResourceContext, ResourceRequestInfo, ServerContext } from "./rest/context.ts";
import { createObject } from "./rest/create.ts";
import { deleteCollection } from "./rest/delete-collection.ts";
import { deleteObject } from "./rest/delete.ts";
import { getObject } from "./rest/get.ts";
import { listObjects } from "./rest/list.ts";
import { patchObject } from "./rest/patch.ts";
import type { Served, ServedStorage } from "./rest/served.ts";
import { wrongMethod } from "./rest/wrong-method.ts";
import { updateObject } from "./rest/update.ts";
import { watchObjects } from "./rest/watch.ts";

type Answer = ApiResponse | Promise<ApiResponse>;
/** Answers a request for a path that is no resource. */
export type PathHandler = (request: ApiRequest, allowed: AllowedRequest) => Answer | undefined;
/** Answers a request for what lies below an object. */
export type SubresourceHandler = (context: ResourceContext) => Answer;

/** What clients of deprecated resources are told with every answer. */
const deprecations = new Map([
  ["/v1/endpoints", "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"],
]);

/** Finds the handler of a request. */
export class Router {
  readonly #server: ServerContext;
  readonly #served = new Map<string, Served>();
  readonly #versions = new Set<string>();
  readonly #groups = new Set<string>();
  /** By `group/plural/subresource`. */
  readonly #subresources = new Map<string, SubresourceHandler>();
  /** By `group/plural`, for resources that are not stored. */
  readonly #virtual = new Map<string, SubresourceHandler>();
  readonly #paths: PathHandler[] = [];
  #changes = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /** Counts what was added and removed. */
  get changes(): number {
    return this.#changes;
  }

  add(served: Served): void {
    this.#changes++;
    const { group, version, plural } = served.resource;
    this.#served.set(`${group}/${version}/${plural}`, served);
    this.#versions.add(`${group}/${version}`);
    this.#groups.add(group);
  }

  /** Stops serving what a CustomResourceDefinition made. */
  remove({ resource }: Served): void {
    this.#changes++;
    const { group, version, plural } = resource;
    this.#served.delete(`${group}/${version}/${plural}`);
    const left = [...this.#served.values()].map((each) => each.resource);
    if (left.some((each) => each.group === group)) return;
    this.#groups.delete(group);
  }

  /** What is served under a name. */
  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(`${group}/${version}/${plural}`);
  }

  all(): Iterable<Served> {
    return this.#served.values();
  }

  /** Serves `name`, such as `/pods/binding`, by `handler`. */
  subresource(name: string, handler: SubresourceHandler): void {
    this.#subresources.set(name, handler);
  }

  /** Serves a resource without storage, such as `authorization.k8s.io/subjectaccessreviews`. */
  virtual(name: string, handler: SubresourceHandler): void {
    this.#virtual.set(name, handler);
  }

  /** Asks `handler` about paths that are no resources; handlers are asked in order. */
  path(handler: PathHandler): void {
    this.#paths.push(handler);
  }

  route(allowed: AllowedRequest): Answer {
    const { info, request, user, warnings } = allowed;
    if (!info.isResource) return this.#routePath(allowed);
    const { group, version, resource } = info;
    const served = this.#served.get(`${group}/${version}/${resource}`);
    if (!served) return this.#routePath(allowed);
    if (served.state !== undefined && isOutOfScope(info, served)) return this.#routePath(allowed);
    const deprecation = deprecations.get(`${group}/${version}/${resource}`);
    if (deprecation !== undefined) warnings.push(deprecation);
    if (served.warnings) warnings.push(...served.warnings);
    const context: ResourceContext = {
      server: this.#server, request, info: ownScope(info, served), user, served, warnings,
    }; // prettier-ignore
    if (info.subresource !== "") return this.#routeSubresource(context);
    const virtual = this.#virtual.get(`${group}/${resource}`);
    if (virtual) return virtual(context);
    if (!served.storage) throw unknownPath();
    return routeVerb(context, served.storage);
  }

  #routePath(allowed: AllowedRequest): Answer {
    for (const handler of this.#paths) {
      const answer = handler(allowed.request, allowed);
      if (answer) return answer;
    }
    const { info } = allowed;
    const parts = info.path.split("/");
    const isKnownGroup =
      parts[1] === "api" || (parts[1] === "apis" && this.#groups.has(parts[2] ?? ""));
    if (isKnownGroup) throw unknownPath();
    return textResponse(404, "404 page not found\n");
  }

  #routeSubresource(context: ResourceContext): Answer {
    const { info, served } = context;
    const own = served.handlers?.[info.subresource];
    if (own && served.storage && info.name !== "") return own(context, served.storage);
    const handler = this.#subresources.get(`${info.group}/${info.resource}/${info.subresource}`);
    if (handler) return handler(context);
    const known = served.resource.subresources[info.subresource];
    if (!known || !served.storage || info.name === "") throw unknownPath();
    return routeWhole(context, served.storage);
  }
}

/** A namespace is asked for as if it were in itself; other resources of the cluster are in none. */
function ownScope(info: ResourceRequestInfo, served: Served): ResourceRequestInfo {
  if (info.namespace === "" || served.resource.namespaced) return info;
  if (info.resource !== "namespaces" || info.namespace !== info.name) throw unknownPath();
  return { ...info, namespace: "" };
}

/** Custom resources are not there at all where they do not belong. */
function isOutOfScope({ namespace, verb }: ResourceRequestInfo, { resource }: Served): boolean {
  if (!resource.namespaced) return namespace !== "";
  return namespace === "" && verb !== "list" && verb !== "watch";
}

/** Subresources whose body is the whole object, such as `status`. */
function routeWhole(context: ResourceContext, storage: ServedStorage): Answer {
  switch (context.info.verb) {
    case "get":
      return getObject(context, storage);
    case "update":
      return updateObject(context, storage);
    case "patch":
      return patchObject(context, storage);
    default:
      throw wrongMethod(context.info);
  }
}

function routeVerb(context: ResourceContext, storage: ServedStorage): Answer {
  const { info, served } = context;
  const needsNamespace = served.resource.namespaced && info.namespace === "";
  const isNamed = info.name !== "";
  if (!(served.resource.verbs as readonly string[]).includes(info.verb)) throw wrongMethod(info);
  switch (info.verb) {
    case "list":
      return listObjects(context, storage);
    case "watch":
      return watchObjects(context, storage);
    case "get":
      return getObject(context, storage);
    case "create":
      if (needsNamespace || isNamed) throw wrongMethod(info);
      return createObject(context, storage);
    case "update":
      if (needsNamespace || !isNamed) throw wrongMethod(info);
      return updateObject(context, storage);
    case "patch":
      if (needsNamespace || !isNamed) throw wrongMethod(info);
      return patchObject(context, storage);
    case "delete":
      if (needsNamespace) throw wrongMethod(info);
      return deleteObject(context, storage);
    case "deletecollection":
      if (needsNamespace) throw wrongMethod(info);
      return deleteCollection(context, storage);
    default:
      throw wrongMethod(info);
  }
}

/** The 404 for a path that the server does not know. */
export function unknownPath(): ApiError {
  return new ApiError("NotFound", "the server could not find the requested resource", {
    details: {},
  });
}
