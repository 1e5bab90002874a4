import type { LiveState } from "../live/live-state.ts";
import { writeEvent } from "../live/live-state.ts";
import { revisionOf } from "../live/history.ts";
import { type Entry, type Revision, StorageError, type StoreEvent, type Swap } from "../store.ts";
import { storageError } from "./fault.ts";
import { type Fault, packRows, type Row } from "./protocol.ts";

/** Writes that may wait for their commit; more are refused. */
const pendingWritesMax = 20_000;

export interface Write {
  readonly key: string;
  /** Undefined: delete. */
  readonly value: Uint8Array | undefined;
  readonly expected: Revision;
  /** Wall-clock milliseconds; 0: never. */
  readonly expires: number;
}

interface Pending {
  readonly event: StoreEvent;
  readonly expires: number;
  readonly outcome: PromiseWithResolvers<Swap>;
}

/** What a key will be once the write that is on its way has been committed. */
interface Assigned {
  readonly revision: Revision;
  readonly entry: Entry | undefined;
  readonly outcome: Promise<Swap>;
}

/**
 * Decides writes and carries them to the worker. A write is compared with the key's latest assigned
 * state, gets the next revision and goes out with all others of this turn of the event loop;
 * nothing waits for reading. Only a commit makes it part of the live state, shows it to watchers and
 * resolves it, in this order.
 */
export class Pipeline {
  readonly #live: LiveState;
  readonly #send: (rows: ArrayBuffer, epoch: number) => void;
  /** Called for each committed put that is to expire. */
  readonly #expiring: (entry: Entry, at: number) => void;
  readonly #assigned = new Map<string, Assigned>();
  #pending: Pending[] = [];
  #sent = 0;
  #flushArmed = false;
  #epoch = 0;
  #drained: (() => void)[] = [];

  constructor(options: {
    live: LiveState;
    send: (rows: ArrayBuffer, epoch: number) => void;
    expiring: (entry: Entry, at: number) => void;
  }) {
    this.#live = options.live;
    this.#send = options.send;
    this.#expiring = options.expiring;
  }

  write(write: Write): Promise<Swap> {
    const committed = this.#live.index.get(write.key);
    const assigned = this.#assigned.get(write.key);
    if (fits(write, assigned ? assigned.entry : committed)) {
      return this.#assign(write, assigned ? assigned.entry : committed);
    }
    if (!assigned || !fits(write, committed)) {
      return Promise.resolve({ ok: false, current: committed });
    }
    // It fails only if the write before it is committed: that has to be known first.
    const again = (): Promise<Swap> => this.write(write);
    return assigned.outcome.then(again, again);
  }

  /** Everything up to `revision` is on disk. */
  committed(revision: Revision): void {
    const count = revision - this.#live.revision;
    const done = this.#pending.splice(0, count);
    this.#sent -= count;
    this.#live.commit(done.map(({ event }) => event));
    for (const { event, expires } of done) {
      const key = event.type === "put" ? event.entry.key : event.previous.key;
      if (this.#assigned.get(key)?.revision === revisionOf(event)) this.#assigned.delete(key);
      if (event.type === "put" && expires !== 0) this.#expiring(event.entry, expires);
    }
    for (const { event, outcome } of done) {
      outcome.resolve({ ok: true, revision: revisionOf(event) });
    }
    this.#tellDrained();
  }

  /** Nothing that is on its way will be written; what comes now belongs to the new epoch. */
  refused(fault: Fault, epoch: number): void {
    this.#epoch = epoch;
    const lost = this.#pending;
    this.#pending = [];
    this.#sent = 0;
    this.#assigned.clear();
    for (const { outcome } of lost) outcome.reject(storageError(fault));
    this.#tellDrained();
  }

  /** Resolves when no write is on its way. */
  drained(): Promise<void> {
    if (this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #assign(write: Write, previous: Entry | undefined): Promise<Swap> {
    if (this.#pending.length >= pendingWritesMax) {
      throw new StorageError("io", `more than ${pendingWritesMax} writes are waiting for the disk`);
    }
    const revision = this.#live.revision + this.#pending.length + 1;
    const event = writeEvent(revision, previous, write);
    const outcome = Promise.withResolvers<Swap>();
    this.#pending.push({ event, expires: write.expires, outcome });
    const entry = event.type === "put" ? event.entry : undefined;
    this.#assigned.set(write.key, { revision, entry, outcome: outcome.promise });
    if (!this.#flushArmed) {
      this.#flushArmed = true;
      setImmediate(() => this.#flush());
    }
    return outcome.promise;
  }

  #flush(): void {
    this.#flushArmed = false;
    if (this.#sent === this.#pending.length) return;
    const rows = this.#pending.slice(this.#sent).map(rowOf);
    this.#sent = this.#pending.length;
    this.#send(packRows(rows), this.#epoch);
  }

  #tellDrained(): void {
    if (this.#pending.length > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

/** Whether the write may happen on top of `current`. */
function fits({ value, expected }: Write, current: Entry | undefined): boolean {
  if (!current) return expected === 0 && value !== undefined;
  return current.modRevision === expected;
}

function rowOf({ event, expires }: Pending): Row {
  const previous = event.previous?.modRevision ?? 0;
  const { key, createRevision } = event.type === "put" ? event.entry : event.previous;
  const value = event.type === "put" ? event.entry.value : undefined;
  const created = createRevision;
  return { revision: revisionOf(event), created, previous, expires, key, value };
}
