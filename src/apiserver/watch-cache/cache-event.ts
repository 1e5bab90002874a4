import type { Status } from "#machinery/errors.ts";
import type { Revision } from "#store/store.ts";
import type { CachedObject } from "./cached-object.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** How the events of a watch are written: one object per media type and version. */
export interface EventEncoding {
  /** Encodings of the same id write the same bytes, which are then made once and shared. */
  readonly id: string;
  frame(type: ChangeType, object: CachedObject): Uint8Array;
  /** A BOOKMARK that says: everything up to `revision` has been sent. */
  bookmark(revision: Revision, initialEventsEnd: boolean): Uint8Array;
  /** The last event of a watch that cannot go on. */
  error(status: Status): Uint8Array;
}

/** One change of one object, and its bytes for whoever watches. */
export class CacheEvent {
  readonly revision: Revision;
  /** Undefined: the object was deleted. */
  readonly next: CachedObject | undefined;
  /** Undefined: the object was created. */
  readonly previous: CachedObject | undefined;
  #gone: CachedObject | undefined;
  #frames: Map<string, Uint8Array> | undefined;

  constructor(
    revision: Revision,
    next: CachedObject | undefined,
    previous: CachedObject | undefined,
  ) {
    this.revision = revision;
    this.next = next;
    this.previous = previous;
  }

  get key(): string {
    return (this.next ?? this.previous!).key;
  }

  /** The last state before the object went (out of the store or out of a selection). */
  get gone(): CachedObject {
    return (this.#gone ??= this.previous!.at(this.revision));
  }

  objectFor(type: ChangeType): CachedObject {
    return type === "DELETED" ? this.gone : this.next!;
  }

  /** The encoded event, made once per encoding and type. */
  frame(encoding: EventEncoding, type: ChangeType): Uint8Array {
    const id = `${type} ${encoding.id}`;
    let frame = this.#frames?.get(id);
    if (frame) return frame;
    frame = encoding.frame(type, this.objectFor(type));
    this.#frames ??= new Map();
    this.#frames.set(id, frame);
    return frame;
  }
}
