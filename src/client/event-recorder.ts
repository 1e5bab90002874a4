/**
 * Events tell users what components did to their objects. Recording never fails and never waits:
 * events queue up to a limit and are written in the background. Repetitions are counted in one
 * event, floods of similar events are combined, and a source that talks too much about one object
 * is not heard for a while. Numbers as upstream's legacy recorder (client-go tools/record).
 */
import { AsyncQueue } from "#base/async-queue.ts";
import { type Clock, rfc3339, rfc3339Micro } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { type Event, events } from "#apis/core/event.ts";
import { ApiError, isReason } from "#machinery/errors.ts";
import type { Draft } from "#machinery/meta.ts";
import type { Client } from "./client.ts";
import { Lru } from "./lru.ts";

/** Events that wait to be written; more are dropped. */
const queueLimit = 1_000;
const writeAttempts = 3;
const writeRetryMs = 1_000;
/** Per source and object: this many events at once … */
const spamBurst = 25;
/** … and then one per five minutes. */
const spamRefillMs = 300_000;
/** Events that differ only in their message are combined from this one on, within … */
const similarMax = 10;
/** … this time. */
const similarWindowMs = 600_000;
const rememberedMax = 4_096;

/** What an event is about: any object, or something that names one. */
export interface EventSubject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

export interface EventExtras {
  /** The part of the object, such as `spec.containers{web}`. */
  fieldPath?: string | undefined;
  annotations?: Record<string, string> | undefined;
  /** What was being done, for events of the newer style. */
  action?: string | undefined;
}

export interface EventRecorder {
  normal(about: EventSubject, reason: string, message: string, extras?: EventExtras): void;
  warning(about: EventSubject, reason: string, message: string, extras?: EventExtras): void;
  /** Resolves when all events up to now are written or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** Who reports, such as `deployment-controller`. */
  component: string;
  /** The node, for components that run on one. */
  host?: string | undefined;
  /**
   * `core`: as upstream's older components write them. `events`: as the scheduler does, by the newer
   * API: with an action, an exact time, and a series instead of a count. Default `core`.
   */
  style?: "core" | "events";
}

type Type = "Normal" | "Warning";

interface Remembered {
  name: string;
  namespace: string;
  count: number;
  firstTimestamp: string;
}

interface Similar {
  messages: Set<string>;
  atMs: number;
}

interface Budget {
  tokens: number;
  atMs: number;
}

/** Starts a recorder; it ends with the signal. */
export function startEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #queue = new AsyncQueue<() => Promise<void>>(queueLimit);
  readonly #remembered = new Lru<string, Remembered>(rememberedMax);
  readonly #similar = new Lru<string, Similar>(rememberedMax);
  readonly #budgets = new Lru<string, Budget>(rememberedMax);
  #sequence = 0n;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#queue.end(), { once: true });
    void this.#run();
  }

  normal(about: EventSubject, reason: string, message: string, extras?: EventExtras): void {
    this.#record("Normal", about, reason, message, extras);
  }

  warning(about: EventSubject, reason: string, message: string, extras?: EventExtras): void {
    this.#record("Warning", about, reason, message, extras);
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      const queued = this.#queue.tryPush(() => Promise.resolve(resolve()));
      if (!queued) resolve();
    });
  }

  #record(type: Type, about: EventSubject, reason: string, text: string, extras?: EventExtras) {
    const { component, log } = this.#options;
    const { kind = "", apiVersion = "", metadata } = about;
    const { namespace = "", name = "", uid = "" } = metadata;
    const subject = [kind, namespace, name, uid, apiVersion, extras?.fieldPath ?? ""].join("\n");
    if (!this.#withinBudget(subject)) return;
    const combined = this.#combined([subject, type, reason].join("\n"), text);
    const message = combined ? `(combined from similar events): ${text}` : text;
    const identity = [subject, type, reason, combined ? "" : text].join("\n");
    const event = this.#event(type, about, reason, message, extras);
    if (!this.#queue.tryPush(() => this.#write(identity, event))) {
      log.debug("event dropped", { reason, component, object: `${namespace}/${name}` });
    }
  }

  async #run(): Promise<void> {
    for await (const write of this.#queue) {
      try {
        await write();
      } catch (error) {
        this.#options.log.debug("event not written", { error });
      }
    }
  }

  /** Takes from the object's budget, unless it is spent. */
  #withinBudget(subject: string): boolean {
    const now = this.#options.clock.now();
    const { tokens, atMs } = this.#budgets.get(subject) ?? { tokens: spamBurst, atMs: now };
    const refilled = Math.min(spamBurst, tokens + (now - atMs) / spamRefillMs);
    if (refilled < 1) return false;
    this.#budgets.set(subject, { tokens: refilled - 1, atMs: now });
    return true;
  }

  /** Whether too many events that differ only in their message came within the window. */
  #combined(similarity: string, message: string): boolean {
    const now = this.#options.clock.now();
    let similar = this.#similar.get(similarity);
    if (!similar || now - similar.atMs > similarWindowMs)
      similar = { messages: new Set(), atMs: now };
    if (similar.messages.size < similarMax - 1) similar.messages.add(message);
    this.#similar.set(similarity, { ...similar, atMs: now });
    return !similar.messages.has(message);
  }

  async #write(identity: string, event: Draft<Event>): Promise<void> {
    const known = this.#remembered.get(identity);
    const patched = known && (await this.#attempt(() => this.#countUp(known, event)));
    if (patched) {
      this.#remembered.set(identity, patched);
      return;
    }
    await this.#attempt(() => this.#options.client.create(events, event));
    this.#remembered.set(identity, {
      name: event.metadata.name ?? "",
      namespace: event.metadata.namespace ?? "",
      count: 1,
      firstTimestamp: event.firstTimestamp ?? "",
    });
  }

  /** Undefined when the event is gone (events live for an hour). */
  async #countUp(known: Remembered, event: Draft<Event>): Promise<Remembered | undefined> {
    const { message = "", lastTimestamp } = event;
    const count = known.count + 1;
    try {
      const series = { count, lastObservedTime: rfc3339Micro(this.#options.clock.now()) };
      const isSeries = this.#options.style === "events";
      const patch = isSeries ? { series } : { count, message, lastTimestamp };
      await this.#options.client.patch(events, known, patch, { type: "merge" });
      return { ...known, count };
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  /** Tries again when the server did not answer; what it refuses is refused. */
  async #attempt<R>(call: () => Promise<R>): Promise<R> {
    const { clock, signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        const refused = error instanceof ApiError && error.code < 500 && error.code !== 429;
        if (refused || attempt === writeAttempts || signal.aborted) throw error;
      }
      await clock.sleep(writeRetryMs, signal);
    }
  }

  #event(
    type: Type,
    { apiVersion, kind, metadata }: EventSubject,
    reason: string,
    message: string,
    extras: EventExtras = {},
  ): Draft<Event> {
    const { clock, component, host } = this.#options;
    const now = rfc3339(clock.now());
    const { name = "", namespace, uid, resourceVersion } = metadata;
    const { fieldPath, annotations } = extras;
    const when =
      this.#options.style === "events"
        ? {
            source: {},
            eventTime: rfc3339Micro(clock.now()),
            action: extras.action ?? reason,
            reportingInstance: host ?? component,
          }
        : {
            source: { component, ...(host ? { host } : {}) },
            firstTimestamp: now,
            lastTimestamp: now,
            count: 1,
            eventTime: null,
            reportingInstance: host ?? "",
          };
    return {
      metadata: {
        name: `${name}.${this.#hexNanoseconds()}`,
        namespace: namespace || "default",
        ...(annotations ? { annotations } : {}),
      },
      involvedObject: {
        ...(kind ? { kind } : {}),
        ...(namespace ? { namespace } : {}),
        name,
        ...(uid ? { uid } : {}),
        ...(apiVersion ? { apiVersion } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      type,
      reportingComponent: component,
      ...when,
    };
  }

  /** The time in nanoseconds, made unique by counting up, in hexadecimal. */
  #hexNanoseconds(): string {
    const now = BigInt(Math.round(this.#options.clock.now())) * 1_000_000n;
    this.#sequence = now > this.#sequence ? now : this.#sequence + 1n;
    return this.#sequence.toString(16);
  }
}
