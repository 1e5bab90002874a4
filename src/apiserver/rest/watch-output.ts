import type { ApiError } from "#machinery/errors.ts";
import type { Revision } from "#store/store.ts";
import type { CacheEvent, ChangeType } from "../watch-cache/cache-event.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";

/** Where the events of one watch go, whatever they are there: bytes or objects. */
export interface WatchOutput {
  change(event: CacheEvent, type: ChangeType): void;
  /** The same of an object alone. */
  deliver(type: ChangeType, object: CachedObject): void;
  initial(objects: readonly CachedObject[]): void;
  bookmark(revision: Revision, initialEventsEnd: boolean): void;
  error(error: ApiError): void;
  end(): void;
  /** Joins the live watchers; events up to `since` have been delivered. */
  join(since: Revision): Disposable;
}
