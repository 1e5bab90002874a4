import type { KubeObject, ListMeta } from "#machinery/meta.ts";
import type { Revision } from "#store/store.ts";
import type { Negotiated } from "../negotiate.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { OrderedMap } from "../watch-cache/ordered-map.ts";
import type { EventEncoding } from "../watch-cache/cache-event.ts";
import type { Served } from "./served.ts";

/** A page of a list, in the version served. */
export interface Page {
  readonly metadata: ListMeta;
  readonly objects: readonly CachedObject[];
}

/** How answers about one resource are written in one media type. Objects are in its version. */
export interface Representation {
  readonly contentType: string;
  readonly watchContentType: string;
  one(object: CachedObject): Uint8Array;
  list(page: Page): Uint8Array;
  /** A list of all objects below a prefix, in parts; undefined where `list` has to do. */
  whole?(metadata: ListMeta, objects: OrderedMap<CachedObject>, prefix: string): Uint8Array[];
  /** Undefined when the media type cannot stream. */
  events(): EventEncoding;
  /** An object that is not stored, such as a Scale or a review. */
  plain(object: object): Uint8Array;
}

/** What a representation is made from. */
export interface RepresentationRequest {
  readonly served: Served;
  readonly negotiated: Negotiated;
  readonly query: URLSearchParams;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** The fields that a bookmark has beside its type. */
export function bookmarkObject(
  apiVersion: string,
  kind: string,
  revision: Revision,
  initialEventsEnd: boolean,
): KubeObject {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  return { kind, apiVersion, metadata } as unknown as KubeObject;
}
