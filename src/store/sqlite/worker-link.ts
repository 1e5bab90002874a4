import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { invariant } from "#base/invariant.ts";
import type { Revision, StorageError } from "../store.ts";
import { storageError } from "./fault.ts";
import type { Answer, Ask, Fault, FromWorker, ToWorker, WorkerOptions } from "./protocol.ts";

/** Told what comes while the database is being opened. */
export interface Opening {
  /** The next rows of the log, in order of revision. */
  loaded(rows: ArrayBuffer): void;
  /** All rows have come. Returns who listens from now on. */
  ready(message: Extract<FromWorker, { kind: "ready" }>): Listener;
  /** The database cannot be used. */
  failed(fault: Fault): void;
}

/** Told what comes without having been asked for. */
export interface Listener {
  committed(revision: Revision): void;
  refused(fault: Fault, epoch: number): void;
  warning(message: string, fault: Fault): void;
  /** The worker has died: nothing more will come. */
  failed(fault: Fault): void;
}

interface Question {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** The main thread's end of the wire to the worker: starts it, matches answers with questions. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #opening: Opening;
  readonly #questions = new Map<number, Question>();
  readonly #exited = Promise.withResolvers<void>();
  #listener: Listener | undefined;
  #lastId = 0;
  #gone: StorageError | undefined;
  #closing = false;

  constructor(options: WorkerOptions, opening: Opening) {
    this.#opening = opening;
    this.#worker = new Worker(workerUrl(), {
      workerData: options,
      name: "store",
      execArgv: [],
      // What it handles is short-lived and small.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error) => {
      this.#fail({ kind: "io", message: `the store's worker failed: ${String(error)}` });
    });
    this.#worker.on("exit", () => {
      const message = this.#closing ? "the store is closed" : "the store's worker has ended";
      this.#fail({ kind: "io", message });
      this.#exited.resolve();
    });
  }

  write(rows: ArrayBuffer, epoch: number): void {
    this.#post({ kind: "write", epoch, rows }, [rows]);
  }

  /** Asks; `use` sees the answer before anything that the worker says after it. */
  ask<T>(ask: Ask, use: (answer: Answer) => T): Promise<T> {
    return this.#question((id) => ({ kind: "ask", id, ask }), use);
  }

  async compact(revision: Revision): Promise<void> {
    await this.#question((id) => ({ kind: "compact", id, revision }), ignore);
  }

  async backup(path: string): Promise<void> {
    await this.#question((id) => ({ kind: "backup", id, path }), ignore);
  }

  /** Closes the database and ends the worker. */
  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#gone) this.#post({ kind: "close" });
    await this.#exited.promise;
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #question<T>(message: (id: number) => ToWorker, use: (answer: Answer) => T): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = ++this.#lastId;
    this.#post(message(id));
    return new Promise<T>((resolve, reject) => {
      this.#questions.set(id, {
        reject,
        resolve(answer) {
          try {
            resolve(use(answer));
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "committed":
        return this.#listener?.committed(message.revision);
      case "refused":
        return this.#listener?.refused(message.fault, message.epoch);
      case "loaded":
        return this.#opening.loaded(message.rows);
      case "ready":
        this.#listener = this.#opening.ready(message);
        return;
      case "unusable":
        return this.#fail(message.fault);
      case "answer":
        return this.#settle(message.id).resolve(message.answer);
      case "fault":
        return this.#settle(message.id).reject(storageError(message.fault));
      case "warning":
        return this.#listener?.warning(message.message, message.fault);
      case "closed":
        return;
    }
  }

  #settle(id: number): Question {
    const question = this.#questions.get(id);
    invariant(question, "an answer has a question");
    this.#questions.delete(id);
    return question;
  }

  #fail(fault: Fault): void {
    if (this.#gone) return;
    this.#gone = storageError(fault);
    for (const question of this.#questions.values()) question.reject(this.#gone);
    this.#questions.clear();
    if (!this.#closing) (this.#listener ?? this.#opening).failed(fault);
  }
}

/**
 * The worker's file: the source beside this one, or in a bundle `sqlite-worker.js` beside the bundle,
 * or what the compiler has made of the source.
 */
function workerUrl(): URL {
  if (import.meta.url.endsWith(".ts")) return new URL("./worker.ts", import.meta.url);
  const bundled = new URL("./sqlite-worker.js", import.meta.url);
  return existsSync(bundled) ? bundled : new URL("./worker.js", import.meta.url);
}

function ignore(): void {}
