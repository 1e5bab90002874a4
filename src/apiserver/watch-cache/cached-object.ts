import type { KubeObject } from "#machinery/meta.ts";
import type { Revision } from "#store/store.ts";

/**
 * How a stored object's bytes begin. Everything is stored as JSON that starts with kind, apiVersion
 * and metadata, without resourceVersion, which only the store knows: it is spliced in behind
 * `"metadata":{`.
 */
export interface StoredShape {
  readonly apiVersion: string;
  readonly kind: string;
  /** `{"kind":"Pod","apiVersion":"v1",` */
  readonly head: Buffer;
  /** Offset of the first field of metadata. */
  readonly metadataAt: number;
}

const metadataOpen = '"metadata":{';

export function storedShape(apiVersion: string, kind: string): StoredShape {
  const head = Buffer.from(
    `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`,
  );
  return { apiVersion, kind, head, metadataAt: head.length + metadataOpen.length };
}

/** The shape whose beginning the bytes have, or else the first. */
export function shapeOf(
  { shape, shapes }: { readonly shape: StoredShape; readonly shapes?: readonly StoredShape[] },
  stored: Uint8Array,
): StoredShape {
  if (!shapes || beginsWith(stored, shape.head)) return shape;
  return shapes.find(({ head }) => beginsWith(stored, head)) ?? shape;
}

function beginsWith(stored: Uint8Array, head: Buffer): boolean {
  return stored.length > head.length && head.compare(stored, 0, head.length) === 0;
}

/** JSON in our order. What is stored must have no resourceVersion in its metadata. */
export function encodeStored(shape: StoredShape, object: KubeObject): Buffer {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { kind, apiVersion } = shape;
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata, ...rest }));
}

/**
 * An object as of one revision: parsed once, encoded once, shared by the cache, reads, lists and
 * every watcher. Nobody may write to the object or the bytes.
 */
export class CachedObject {
  readonly key: string;
  readonly revision: Revision;
  readonly shape: StoredShape;
  /** The JSON with its resourceVersion. */
  readonly json: Buffer;
  #object: KubeObject | undefined;
  #views: WeakMap<object, CachedObject> | undefined;

  /** `object`, if given, is what the bytes say; it gets its resourceVersion here. */
  constructor(
    key: string,
    revision: Revision,
    shape: StoredShape,
    json: Buffer,
    object?: KubeObject,
  ) {
    this.key = key;
    this.revision = revision;
    this.shape = shape;
    this.json = json;
    this.#object = object;
    if (object && revision > 0) object.metadata.resourceVersion = String(revision);
  }

  static fromStored(
    key: string,
    revision: Revision,
    shape: StoredShape,
    stored: Uint8Array,
    object?: KubeObject,
  ): CachedObject {
    const json = spliceRevision(shape, canonical(shape, stored), 0, revision);
    return new CachedObject(key, revision, shape, json, object);
  }

  /** What a dry run would have stored: no revision, no resourceVersion. */
  static dryRun(key: string, shape: StoredShape, json: Buffer, object: KubeObject): CachedObject {
    const cached = new CachedObject(key, 0, shape, json);
    cached.#object = object;
    return cached;
  }

  /** Parsed on first use. */
  get object(): KubeObject {
    return (this.#object ??= JSON.parse(this.json.toString()) as KubeObject);
  }

  get namespace(): string {
    return this.object.metadata.namespace ?? "";
  }

  get name(): string {
    return this.object.metadata.name;
  }

  /** Where `"metadata":{…}…}` begins in `json`: list items are written without their type. */
  get itemAt(): number {
    return this.shape.head.length;
  }

  /** The same state under another revision: what a DELETED event shows. */
  at(revision: Revision): CachedObject {
    const old = revisionText(this.revision).length;
    const json = spliceRevision(this.shape, this.json, old, revision);
    const parsed = this.#object;
    const object = parsed && { ...parsed, metadata: { ...parsed.metadata } };
    return new CachedObject(this.key, revision, this.shape, json, object);
  }

  /** This object in another version, made once per `view`; itself when nothing changes. */
  view(view: object, make: (object: KubeObject) => KubeObject, shape: StoredShape): CachedObject {
    let found = this.#views?.get(view);
    if (found) return found;
    const object = make(this.object);
    if (object === this.object) return this.#remember(view, this);
    const json = encodeStored(shape, object);
    found = new CachedObject(this.key, this.revision, shape, json, object);
    return this.#remember(view, found);
  }

  #remember(view: object, found: CachedObject): CachedObject {
    this.#views ??= new WeakMap();
    this.#views.set(view, found);
    return found;
  }
}

function revisionText(revision: Revision): string {
  return `"resourceVersion":"${revision}",`;
}

/** Replaces `removed` bytes at the start of metadata by the resourceVersion. */
function spliceRevision(
  { metadataAt }: StoredShape,
  source: Uint8Array,
  removed: number,
  revision: Revision,
): Buffer {
  const text = revisionText(revision);
  // Not from Buffer's pool: one long-lived object would keep a whole slab alive.
  const json = Buffer.allocUnsafeSlow(source.length - removed + text.length);
  json.set(source.subarray(0, metadataAt), 0);
  json.write(text, metadataAt, "latin1");
  json.set(source.subarray(metadataAt + removed), metadataAt + text.length);
  return json;
}

/** Bytes that somebody else stored may be ordered in another way: put them into our order. */
function canonical(shape: StoredShape, stored: Uint8Array): Uint8Array {
  const { head, metadataAt } = shape;
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const starts = bytes.subarray(0, head.length).equals(head);
  if (starts && bytes.toString("latin1", head.length, metadataAt) === metadataOpen) return stored;
  const object = JSON.parse(bytes.toString()) as KubeObject;
  delete object.metadata.resourceVersion;
  return encodeStored(shape, object);
}
