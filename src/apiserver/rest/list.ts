import { ApiError, badRequest, type Status } from "#machinery/errors.ts";
import type { ListMeta } from "#machinery/meta.ts";
import { CompactedError, FutureRevisionError, type Revision } from "#store/store.ts";
import type { ApiResponse } from "../response.ts";
import { CachedObject, shapeOf } from "../watch-cache/cached-object.ts";
import { answerList, representation } from "./answer.ts";
import { answerHeaders, type ResourceContext } from "./context.ts";
import { type ListOptions, listOptions } from "./list-options.ts";
import type { Representation } from "./representation.ts";
import {
  type ContinuePoint,
  decodeContinue,
  encodeContinue,
  parseRevision,
  tooLargeRevision,
  tooOld,
  waitForRevision,
} from "./resource-version.ts";
import { type Selected, selected } from "./selection.ts";
import { presentable, type ServedStorage, storageKey } from "./served.ts";

/** Which part of the collection is wanted. */
interface Range {
  readonly prefix: string;
  readonly selected: Selected;
  /** After this key; "" from the start. */
  readonly after: string;
  /** 0: all. */
  readonly limit: number;
}

interface Found {
  readonly objects: readonly CachedObject[];
  readonly revision: Revision;
  readonly more: boolean;
  /** Number of objects after the last; asked for only without selectors. */
  remaining(): number;
}

/** GET of a collection. */
export async function listObjects(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "list");
  const options = listOptions(context.request.query, false);
  const whole = as?.whole && wholeList(context, storage, options, as);
  if (whole) return whole;
  const { metadata, objects } = await findObjects(context, storage, options);
  return answerList(context, as, metadata, objects);
}

/** Everything in a namespace or the cluster, as of now: the list that clients begin with. */
function wholeList(
  { server, info, warnings }: ResourceContext,
  storage: ServedStorage,
  options: ListOptions,
  as: Representation,
): ApiResponse | undefined {
  const { labelSelector, fieldSelector, limit, continueToken, resourceVersion } = options;
  if (labelSelector !== "" || fieldSelector !== "" || continueToken !== "") return undefined;
  const fromCache = resourceVersion === "" ? limit === 0 : resourceVersion === "0";
  if (!fromCache || options.resourceVersionMatch !== "" || storage.conversion) return undefined;
  const metadata = { resourceVersion: String(server.storage.cache.revision) };
  const { objects } = server.storage.cacheOf(storage);
  const chunks = as.whole!(metadata, objects, storageKey(storage, info.namespace, ""));
  const headers = { ...answerHeaders(warnings), "content-type": as.contentType };
  return { status: 200, headers, body: { kind: "chunks", chunks } };
}

/** The page of the collection that `options` ask for; deletecollection reads with it, too. */
export async function findObjects(
  context: ResourceContext,
  storage: ServedStorage,
  options: ListOptions,
): Promise<{ metadata: ListMeta; objects: readonly CachedObject[] }> {
  const { served, info } = context;
  const prefix = storageKey(storage, info.namespace, "");
  const range: Range = {
    prefix,
    selected: selected(served, options.labelSelector, options.fieldSelector),
    after: "",
    limit: options.limit,
  };
  if (range.selected.selection !== range.selected.stored) {
    const all = context.server.storage.cacheOf(storage).list(prefix, range.selected.stored);
    await presentable(served, all.objects);
  }
  const found = await find(context, storage, options, range);
  const metadata: ListMeta = { resourceVersion: String(found.revision) };
  const last = found.objects.at(-1);
  if (found.more && last) {
    const after = last.key.slice(prefix.length);
    metadata.continue = encodeContinue({ revision: found.revision, after });
    if (!range.selected.selection.matches) metadata.remainingItemCount = found.remaining();
  }
  return { metadata, objects: found.objects };
}

async function find(
  context: ResourceContext,
  storage: ServedStorage,
  options: ListOptions,
  range: Range,
): Promise<Found> {
  const { resourceVersion, resourceVersionMatch: match, continueToken, limit } = options;
  const { cache } = context.server.storage;
  if (continueToken !== "") {
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    return findRest(context, storage, range, decodeContinue(continueToken));
  }
  const revision = parseRevision(resourceVersion);
  if (revision === undefined) return findCached(context, storage, range);
  if (revision === 0)
    return findCached(context, storage, { ...range, limit: match === "" ? 0 : limit });
  const exact = match === "Exact" || (match === "" && limit > 0);
  if (exact) return findExact(context, storage, range, revision);
  await waitForRevision(cache, revision, context.server.clock);
  return findCached(context, storage, range);
}

/** The page after a continue token; a token that is too old comes back with a fresh one. */
async function findRest(
  context: ResourceContext,
  storage: ServedStorage,
  range: Range,
  { revision, after }: ContinuePoint,
): Promise<Found> {
  const rest = { ...range, after: range.prefix + after };
  if (revision < 0) return findCached(context, storage, rest);
  try {
    return await findExact(context, storage, rest, revision);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "Expired") throw error;
    throw new ExpiredContinue(encodeContinue({ revision: -1, after }));
  }
}

/** As of now. */
function findCached({ server }: ResourceContext, storage: ServedStorage, range: Range): Found {
  const cache = server.storage.cacheOf(storage);
  const { revision } = server.storage.cache;
  const { prefix, selected, after, limit } = range;
  const only = onlyKey(storage, range);
  if (only !== undefined) {
    const object = cache.get(only);
    const matches = object && only > after && selected.selection.matches?.(object);
    return { objects: matches ? [object] : [], revision, more: false, remaining: () => 0 };
  }
  const { objects, more } = cache.list(prefix, selected.selection, after, limit);
  const remaining = () => cache.objects.count(prefix, objects.at(-1)!.key);
  return { objects, revision, more, remaining };
}

/** The key of the one object that the selectors can match. */
function onlyKey(storage: ServedStorage, { prefix, selected }: Range): string | undefined {
  const { name, namespace } = selected;
  if (name === undefined) return undefined;
  if (prefix !== storage.prefix || !storage.storedAs.namespaced) return prefix + name;
  return namespace === undefined ? undefined : storageKey(storage, namespace, name);
}

/** As of a revision: from the cache if nothing changed since, else from the store's history. */
async function findExact(
  context: ResourceContext,
  storage: ServedStorage,
  range: Range,
  revision: Revision,
): Promise<Found> {
  const { storage: objects } = context.server;
  const current = objects.cache.revision;
  if (revision > current) throw tooLargeRevision(revision, current);
  if (revision < objects.cache.compactedRevision) {
    throw tooOld(revision, objects.cache.compactedRevision);
  }
  if (objects.cacheOf(storage).changed <= revision) {
    return { ...findCached(context, storage, range), revision };
  }
  try {
    return await findStored(context, storage, range, revision);
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld(revision, error.compactedRevision);
    if (error instanceof FutureRevisionError) throw tooLargeRevision(revision, error.current);
    throw error;
  }
}

const storePageSize = 500;

async function findStored(
  context: ResourceContext,
  storage: ServedStorage,
  { prefix, selected, after, limit }: Range,
  at: Revision,
): Promise<Found> {
  const { store } = context.server.storage;
  const { matches } = selected.selection;
  const objects: CachedObject[] = [];
  for (let from = after; ;) {
    const page = await store.list(prefix, { after: from, limit: limit || storePageSize, at });
    for (const [index, { key, modRevision, value }] of page.entries.entries()) {
      if (limit > 0 && objects.length === limit) {
        const remaining = page.entries.length - index + page.remaining;
        return { objects, revision: at, more: true, remaining: () => remaining };
      }
      const object = CachedObject.fromStored(key, modRevision, shapeOf(storage, value), value);
      await presentable(context.served, [object]);
      if (!matches || matches(object)) objects.push(object);
    }
    const isFull = limit > 0 && objects.length === limit;
    if (!page.more || isFull) {
      return { objects, revision: at, more: page.more, remaining: () => page.remaining };
    }
    from = page.entries.at(-1)!.key;
  }
}

const expiredContinue =
  "The provided continue parameter is too old to display a consistent list result. You can start " +
  "a new list without the continue parameter, or use the continue token in this response to " +
  "retrieve the remainder of the results. Continuing with the provided token results in an " +
  "inconsistent list - objects that were created, modified, or deleted between the time the first " +
  "chunk was returned and now may show up in the list.";

/** A 410 whose Status offers a token to go on with, inconsistently. */
class ExpiredContinue extends ApiError {
  readonly #token: string;
  constructor(token: string) {
    super("Expired", expiredContinue);
    this.#token = token;
  }
  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: this.#token } };
  }
}
