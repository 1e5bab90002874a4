import type { Status } from "#machinery/errors.ts";
import type { ListMeta } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { contentTypes } from "../negotiate.ts";
import type { EventEncoding } from "../watch-cache/cache-event.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { OrderedMap } from "../watch-cache/ordered-map.ts";
import { bookmarkObject, type Representation } from "./representation.ts";
import { present, type Served } from "./served.ts";

const made = new WeakMap<Served, Representation>();
const comma = 0x2c;
const brace = 0x7b;
const listEnd = Buffer.from("]}\n");

/** Plain JSON, out of the bytes that every object already has. */
export function jsonRepresentation(served: Served): Representation {
  let found = made.get(served);
  if (!found) made.set(served, (found = makeRepresentation(served)));
  return found;
}

function makeRepresentation(served: Served): Representation {
  const encoding = jsonEvents(served);
  return {
    contentType: contentTypes.json,
    watchContentType: contentTypes.json,
    one: (object) => object.json,
    list: ({ metadata, objects }) =>
      joinList(served.resource, metadata, objects, served.state !== undefined),
    // The items of custom resources are written with their type.
    ...(served.state === undefined
      ? {
          whole: (metadata, objects, prefix) =>
            wholeList(served.resource, metadata, objects, prefix),
        }
      : {}),
    events: () => encoding,
    plain: (object) => Buffer.from(`${JSON.stringify(object)}\n`),
  };
}

/**
 * A list is its head and the items' bytes joined; items are written without their type, but for
 * those of custom resources (`typed`).
 */
export function joinList(
  resource: Resource,
  metadata: ListMeta,
  objects: readonly CachedObject[],
  typed = false,
): Buffer {
  const { listKind: kind, apiVersion } = resource;
  const head = `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`;
  const start = Buffer.byteLength(head);
  let size = start + listEnd.length;
  for (const { json, itemAt } of objects) size += json.length - (typed ? 1 : itemAt) + 2;
  if (objects.length > 0) size--;
  const bytes = Buffer.allocUnsafe(size);
  bytes.write(head);
  let at = start;
  for (const { json, itemAt } of objects) {
    if (at > start) bytes[at++] = comma;
    bytes[at++] = brace;
    at += json.copy(bytes, at, typed ? 1 : itemAt);
  }
  listEnd.copy(bytes, at);
  return bytes;
}

/** A list of everything below a prefix, in parts that are kept as long as nothing in them changes. */
function wholeList(
  { listKind: kind, apiVersion }: Resource,
  metadata: ListMeta,
  objects: OrderedMap<CachedObject>,
  prefix: string,
): Uint8Array[] {
  const head = `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`;
  const [first, ...more] = objects.joined(prefix, joinItems);
  // Each part begins with the comma that divides it from what comes before.
  const parts = first ? [first.subarray(1), ...more] : [];
  return [Buffer.from(head), ...parts, listEnd];
}

/** `,{…},{…}` */
function joinItems(objects: readonly CachedObject[]): Uint8Array {
  let size = 0;
  for (const { json, itemAt } of objects) size += json.length - itemAt + 2;
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { json, itemAt } of objects) {
    bytes[at++] = comma;
    bytes[at++] = brace;
    at += json.copy(bytes, at, itemAt);
  }
  return bytes;
}

const frameHeads = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
} as const;
const frameEnd = Buffer.from("}\n");

/** A line of a watch: `{"type":…,"object":…}`. */
export function jsonFrame(type: keyof typeof frameHeads, json: Uint8Array): Buffer {
  return Buffer.concat([frameHeads[type], json, frameEnd]);
}

/** A line with an object that has no shared bytes, such as a BOOKMARK or ERROR. */
export function plainFrame(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** The last line of a watch that cannot go on. */
export function errorFrame(status: Status): Buffer {
  return plainFrame("ERROR", status);
}

function jsonEvents(served: Served): EventEncoding {
  const { apiVersion, kind } = served.resource;
  return {
    id: `json ${apiVersion} ${served.state ?? ""}`,
    frame: (type, object) => jsonFrame(type, present(served, object).json),
    bookmark: (revision, initialEventsEnd) =>
      plainFrame("BOOKMARK", bookmarkObject(apiVersion, kind, revision, initialEventsEnd)),
    error: errorFrame,
  };
}
