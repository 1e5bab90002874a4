import { ApiError, badRequest, expired } from "#machinery/errors.ts";
import type { Revision } from "#store/store.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import { limits } from "../limits.ts";
import type { Clock } from "#base/clock.ts";

/** A resourceVersion as a number; undefined for "". @throws BadRequest. */
export function parseRevision(text: string): Revision | undefined {
  if (text === "") return undefined;
  if (!/^\d+$/.test(text)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
  }
  return Number(text);
}

/** Where a list answers 400, everything else answers a malformed resourceVersion like this. */
export function malformedRevision(text: string): ApiError {
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  return new ApiError("", `invalid resource version ${JSON.stringify(text)}: ${why}`, {
    code: 500,
  });
}

/** The 504 for a resourceVersion that has not happened yet. */
export function tooLargeRevision(asked: Revision, current: Revision): ApiError {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  return new ApiError("Timeout", `Timeout: ${message}`, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

/** Waits a little until the cache is as new as `revision`. @throws Timeout when it is not. */
export async function waitForRevision(
  cache: WatchCache,
  revision: Revision,
  clock: Clock,
): Promise<void> {
  const reached = cache.waitUntil(revision);
  if (!reached) return;
  const stop = new AbortController();
  const late = clock.sleep(limits.futureRevisionMs, stop.signal).then(
    () => true,
    () => false,
  );
  const isLate = await Promise.race([reached.then(() => false), late]);
  stop.abort();
  if (isLate) throw tooLargeRevision(revision, cache.revision);
}

/** What a watch or exact list from before the kept history is told. */
export function tooOld(asked: Revision, oldest: Revision): ApiError {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

const continueVersion = "meta.k8s.io/v1";

/** Where a list goes on: after the key `after` (relative to the prefix), as of `revision`. */
export interface ContinuePoint {
  /** -1: as of now, without consistency with the pages before. */
  readonly revision: Revision;
  readonly after: string;
}

export function encodeContinue({ revision, after }: ContinuePoint): string {
  const token = { v: continueVersion, rv: revision, start: `${after}\0` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** @throws BadRequest for what is no token of ours. */
export function decodeContinue(text: string): ContinuePoint {
  const { v, rv, start } = parseToken(text);
  if (v !== continueVersion) {
    throw badRequest(
      `continue key is not valid: server does not recognize this encoded version ${JSON.stringify(v)}`,
    );
  }
  if (typeof rv !== "number" || rv === 0) {
    throw badRequest(
      `continue key is not valid: incorrect encoded start resourceVersion (version ${continueVersion})`,
    );
  }
  if (typeof start !== "string" || start === "") {
    throw badRequest(
      `continue key is not valid: encoded start key empty (version ${continueVersion})`,
    );
  }
  if (`/${start}`.includes("/../") || start.startsWith("/")) {
    throw badRequest(`continue key is not valid: ${start}`);
  }
  return { revision: rv, after: start.endsWith("\0") ? start.slice(0, -1) : start };
}

function parseToken(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw badRequest("continue key is not valid: illegal data");
}
