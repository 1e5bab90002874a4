import { notFound } from "#machinery/errors.ts";
import type { ApiResponse } from "../response.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { answerObject, representation } from "./answer.ts";
import type { ResourceContext } from "./context.ts";
import { malformedRevision, waitForRevision } from "./resource-version.ts";
import { type ServedStorage, storageKey } from "./served.ts";

/** GET of one object. */
export async function getObject(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { request, server } = context;
  const asked = request.query.size === 0 ? null : request.query.get("resourceVersion");
  if (asked !== null && asked !== "" && asked !== "0") {
    // A malformed resourceVersion is upstream's 500 here.
    if (!/^\d+$/.test(asked)) {
      throw malformedRevision(asked);
    }
    await waitForRevision(server.storage.cache, Number(asked), server.clock);
  }
  return answerObject(context, as, 200, existing(context, storage));
}

/** The object that the path names, as of now. @throws NotFound. */
export function existing(
  { server, info, served }: ResourceContext,
  storage: ServedStorage,
): CachedObject {
  const found = server.storage.get(storage, storageKey(storage, info.namespace, info.name));
  if (found) return found;
  const { group, plural: resource } = served.resource;
  throw notFound({ group, resource }, info.name);
}
