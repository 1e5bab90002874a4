import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { systemClock } from "#base/clock.ts";
import { unreachable } from "#base/invariant.ts";
import type { Revision } from "../store.ts";
import { backUp } from "./backup.ts";
import { Compaction } from "./compaction.ts";
import { databasePath, openDatabase } from "./database.ts";
import { faultOf } from "./fault.ts";
import { loadLog } from "./load.ts";
import { LogTable } from "./log-table.ts";
import { answerAsk } from "./past.ts";
import {
  type Ask,
  type Fault,
  type FromWorker,
  type ToWorker,
  unpackRows,
  type WorkerOptions,
} from "./protocol.ts";

/** Rows in one transaction: bounds how long the first of them waits for its commit. */
const groupRowsMax = 1_024;

/** Pages in the journal when it is written back into the database (8 MiB, some 5 ms). */
const journalPagesMax = 1_024;

/** Pages that the journal has to grow before a checkpoint is tried again after one failed. */
const journalPagesRetry = 512;

/** Share of the time that work in the background may take from busy writers: 1 of 5. */
const backgroundPauseFactor = 4;

type WriteMessage = Extract<ToWorker, { kind: "write" }>;

/** Work that gives way to writes between its steps. */
type Task = Generator<void, void>;

/**
 * Does what the messages ask. Writes come first: those waiting share one transaction and one sync
 * (group commit). Reading the past, sweeping and checkpoints happen in small steps between them.
 */
export class Engine {
  readonly #path: string;
  readonly #port: MessagePort;
  readonly #send: (message: FromWorker) => void;
  readonly #db: DatabaseSync;
  readonly #log: LogTable;
  readonly #compaction: Compaction;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #journal: StatementSync;
  readonly #restart: StatementSync;
  readonly #tasks: Task[] = [];
  #revision: Revision = 1;
  /** Refusals so far: what was sent before the sender knew of the latest is refused, too. */
  #epoch = 0;
  /** After a failed sync nobody knows what is on disk: then nothing more is written. */
  #broken: Fault | undefined;
  #checkpointAt = journalPagesMax;
  #idleArmed = false;
  #nextStepAt = 0;
  /** Who waits for sweeping to come to its end; undefined when there is no sweeping. */
  #sweepers: number[] | undefined;
  #backups = 0;
  #closing = false;

  constructor(options: WorkerOptions, port: MessagePort, send: (message: FromWorker) => void) {
    this.#path = databasePath(options.folder);
    this.#port = port;
    this.#send = send;
    this.#db = openDatabase(options);
    this.#log = new LogTable(this.#db);
    this.#compaction = new Compaction(this.#db);
    this.#begin = this.#db.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#db.prepare("COMMIT");
    this.#journal = this.#db.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#restart = this.#db.prepare("PRAGMA wal_checkpoint(RESTART)");
  }

  /** Loads, then takes messages. Throws when the database is not usable. */
  start(): void {
    this.#revision = loadLog(this.#log, this.#compaction, (rows) =>
      this.#send({ kind: "loaded", rows }),
    );
    const { compacted } = this.#compaction;
    this.#send({ kind: "ready", revision: this.#revision, compacted });
    this.#port.on("message", (message: ToWorker) => this.#receive(message));
    if (this.#compaction.pending) this.#sweepFor(undefined);
  }

  #receive(first: ToWorker): void {
    let message: ToWorker | undefined = first;
    while (message) {
      let next: ToWorker | undefined;
      if (message.kind === "write") next = this.#writeGroup(message);
      else this.#handle(message);
      message = next ?? (this.#closing ? undefined : this.#take());
    }
  }

  #take(): ToWorker | undefined {
    return receiveMessageOnPort(this.#port)?.message as ToWorker | undefined;
  }

  /** Commits the write and those waiting behind it; returns the next message that is none. */
  #writeGroup(first: WriteMessage): ToWorker | undefined {
    if (first.epoch !== this.#epoch) return undefined;
    if (this.#broken) {
      this.#send({ kind: "refused", epoch: ++this.#epoch, fault: this.#broken });
      return undefined;
    }
    let next: ToWorker | undefined;
    try {
      this.#begin.run();
      let last = this.#revision;
      for (let write: WriteMessage | undefined = first; write;) {
        last = this.#append(write.rows);
        next = last - this.#revision < groupRowsMax ? this.#take() : undefined;
        write = next?.kind === "write" ? next : undefined;
        if (write) next = undefined;
      }
      this.#commit.run();
      this.#revision = last;
      this.#send({ kind: "committed", revision: last });
    } catch (error) {
      this.#refuse(error);
    }
    this.#checkpointIfDue();
    if (systemClock.monotonic() >= this.#nextStepAt) this.#stepTask();
    return next;
  }

  #append(packed: ArrayBuffer): Revision {
    let last = 0;
    for (const row of unpackRows(packed)) {
      this.#log.append(row);
      last = row.revision;
    }
    return last;
  }

  #refuse(error: unknown): void {
    const fault = faultOf(error, this.#path);
    // Some failures, such as a full disk, have rolled back already.
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    if (fault.kind !== "full") this.#broken = fault;
    this.#send({ kind: "refused", epoch: ++this.#epoch, fault });
    // An emptied journal is space to write to again, if the database has room for its pages.
    this.#checkpointAt = 0;
  }

  #handle(message: Exclude<ToWorker, WriteMessage>): void {
    switch (message.kind) {
      case "ask":
        return this.#run(this.#answer(message.id, message.ask));
      case "compact":
        return this.#compact(message.id, message.revision);
      case "backup":
        return this.#run(this.#backUp(message.id, message.path));
      case "close":
        return this.#close();
      default:
        return unreachable(message);
    }
  }

  *#answer(id: number, ask: Ask): Task {
    const past = { log: this.#log, compaction: this.#compaction, revision: () => this.#revision };
    try {
      this.#send({ kind: "answer", id, answer: yield* answerAsk(past, ask) });
    } catch (error) {
      this.#send({ kind: "fault", id, fault: faultOf(error, this.#path) });
    }
  }

  #compact(id: number, revision: Revision): void {
    try {
      this.#compaction.mark(revision);
      this.#sweepFor(id);
    } catch (error) {
      this.#send({ kind: "fault", id, fault: faultOf(error, this.#path) });
    }
  }

  /** Sweeps unless it is being done, and answers `id` when nothing is left to sweep. */
  #sweepFor(id: number | undefined): void {
    const running = this.#sweepers !== undefined;
    this.#sweepers ??= [];
    if (id !== undefined) this.#sweepers.push(id);
    if (!running) this.#run(this.#sweep());
  }

  *#sweep(): Task {
    let fault: Fault | undefined;
    try {
      for (; this.#compaction.pending; yield) {
        if (this.#backups === 0) this.#compaction.sweep();
      }
      while (this.#compaction.shrink()) yield;
    } catch (error) {
      // What is left is swept by the next compaction.
      fault = faultOf(error, this.#path);
      this.#send({ kind: "warning", message: "sweeping old revisions failed", fault });
    }
    for (const id of this.#sweepers ?? []) {
      if (fault) this.#send({ kind: "fault", id, fault });
      else this.#send({ kind: "answer", id, answer: { about: "done" } });
    }
    this.#sweepers = undefined;
  }

  /** Begins a task at once; what one step does not finish goes on between the writes. */
  #run(task: Task): void {
    this.#tasks.unshift(task);
    this.#stepTask();
  }

  /** One step of the first task, which then queues behind the others. */
  #stepTask(): void {
    const task = this.#tasks.shift();
    if (!task) return;
    const begun = systemClock.monotonic();
    if (!task.next().done) this.#tasks.push(task);
    this.#checkpointIfDue();
    const now = systemClock.monotonic();
    this.#nextStepAt = now + (now - begun) * backgroundPauseFactor;
    this.#armIdle();
  }

  /** Has the next step done as soon as no message waits. */
  #armIdle(): void {
    if (this.#idleArmed || this.#closing || this.#tasks.length === 0) return;
    this.#idleArmed = true;
    setImmediate(() => {
      this.#idleArmed = false;
      if (!this.#closing) this.#stepTask();
    });
  }

  /** Writes the journal back once it is long, so that it starts over instead of growing. */
  #checkpointIfDue(): void {
    try {
      const pages = Number(this.#journal.get()?.["log"] ?? 0);
      if (pages < this.#checkpointAt) return;
      this.#checkpointAt = pages + journalPagesRetry;
      const busy = Number(this.#restart.get()?.["busy"]);
      if (busy === 0) this.#checkpointAt = journalPagesMax;
    } catch (error) {
      // Nothing is lost: it is all in the journal, which grows until a checkpoint succeeds.
      const fault = faultOf(error, this.#path);
      this.#send({ kind: "warning", message: "checkpoint failed", fault });
    }
  }

  *#backUp(id: number, path: string): Task {
    this.#backups++;
    try {
      const source = { log: this.#log, compaction: this.#compaction, revision: this.#revision };
      yield* backUp(source, path);
      this.#send({ kind: "answer", id, answer: { about: "done" } });
    } catch (error) {
      this.#send({ kind: "fault", id, fault: faultOf(error, path) });
    } finally {
      this.#backups--;
    }
  }

  #close(): void {
    this.#closing = true;
    // What has not come to its end is told so by the other side, which knows that it closes.
    for (const task of this.#tasks) task.return();
    try {
      this.#db.close();
    } catch (error) {
      const fault = faultOf(error, this.#path);
      this.#send({ kind: "warning", message: "closing the database failed", fault });
    }
    this.#send({ kind: "closed" });
    this.#port.close();
  }
}
