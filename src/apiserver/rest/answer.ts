import type { KubeObject, ListMeta } from "#machinery/meta.ts";
import { negotiate, type Offer } from "../negotiate.ts";
import { type ApiResponse, bytesResponse } from "../response.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { representationFor } from "./choose-representation.ts";
import { answerHeaders, type ResourceContext } from "./context.ts";
import type { Representation } from "./representation.ts";
import { present, presentable } from "./served.ts";

/** How the client wants to be answered. Asked before anything is done, so that a 406 does nothing. */
export function representation(context: ResourceContext, offer: Offer): Representation | undefined {
  const { request, served, server } = context;
  if (request.wantsObjects === true) return undefined;
  const negotiated = negotiate(
    request.headers["accept"] as string | undefined,
    offer,
    served.state !== undefined,
  );
  const { query } = request;
  return representationFor({ served, negotiated, query, now: server.clock.now() });
}

/** Answers with a stored object. `as` is undefined for in-process callers. */
export function answerObject(
  context: ResourceContext,
  as: Representation | undefined,
  status: number,
  stored: CachedObject,
): ApiResponse | Promise<ApiResponse> {
  const pending = presentable(context.served, [stored]);
  if (pending) return pending.then(() => answerObject(context, as, status, stored));
  const object = present(context.served, stored);
  const headers = answerHeaders(context.warnings);
  if (!as) return { status, headers, body: { kind: "object", object: object.object } };
  return bytesResponse(status, as.contentType, as.one(object), headers);
}

/** Answers with an object that is not stored. */
export function answerPlain(
  context: ResourceContext,
  as: Representation | undefined,
  status: number,
  object: object,
): ApiResponse {
  const headers = answerHeaders(context.warnings);
  if (!as) return { status, headers, body: { kind: "object", object } };
  return bytesResponse(status, as.contentType, as.plain(object), headers);
}

/** Answers with a page of stored objects. */
export function answerList(
  context: ResourceContext,
  as: Representation | undefined,
  metadata: ListMeta,
  stored: readonly CachedObject[],
): ApiResponse | Promise<ApiResponse> {
  const { served } = context;
  const pending = presentable(served, stored);
  if (pending) return pending.then(() => answerList(context, as, metadata, stored));
  const convert = served.storage?.conversion !== undefined;
  const objects = convert ? stored.map((object) => present(served, object)) : stored;
  const headers = answerHeaders(context.warnings);
  if (as) return bytesResponse(200, as.contentType, as.list({ metadata, objects }), headers);
  const { apiVersion, listKind: kind } = served.resource;
  const items = objects.map(({ object }): KubeObject => object);
  return {
    status: 200,
    headers,
    body: { kind: "object", object: { apiVersion, kind, metadata, items } },
  };
}
