import { ApiError } from "#machinery/errors.ts";
import type { CacheEvent } from "../watch-cache/cache-event.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import {
  changeFor,
  type ObjectSink,
  type Watcher,
  type WatchScope,
} from "../watch-cache/watch-hub.ts";
import { presentable, type Served } from "./served.ts";
import type { WatchOutput } from "./watch-output.ts";

/** Changes that may wait for a slow conversion before the watch is given up. */
const stepsMax = 10_000;

/** A watch whose objects somebody else converts. */
export interface ConvertingWatch {
  readonly served: Served;
  /** What is wanted, told by objects as they are served. */
  readonly wanted: WatchScope;
  /** What may be wanted, told by objects as they are stored. */
  readonly scope: WatchScope;
  readonly bookmarks: boolean;
  join(watcher: Watcher): Disposable;
}

/**
 * Puts conversions that take time before an output: everything goes out in the order in which it
 * came, each object when it has been converted.
 */
export function convertingOutput(watch: ConvertingWatch, output: WatchOutput): WatchOutput {
  const { served, wanted, scope, bookmarks } = watch;
  const { matches } = wanted.selection;
  const queue = new Steps((error) => {
    output.error(ApiError.from(error));
    output.end();
  });
  const offer = (event: CacheEvent): boolean =>
    queue.add(async () => {
      const states = [event.previous, event.next].filter((each) => each !== undefined);
      await presentable(served, states);
      const type = changeFor(event, wanted);
      if (type === undefined) return;
      const object = event.objectFor(type);
      await presentable(served, [object]);
      output.deliver(type, object);
    });
  const bookmark: WatchOutput["bookmark"] = (revision, end) =>
    void queue.add(() => output.bookmark(revision, end));
  const sink: ObjectSink = {
    deliver: (_type, _object, event) => offer(event),
    bookmark: (revision) => bookmark(revision, false),
    end: () => void queue.add(() => output.end()),
  };
  return {
    change: (event) => void offer(event),
    deliver: (type, object) => output.deliver(type, object),
    initial: (objects: readonly CachedObject[]) =>
      void queue.add(async () => {
        await presentable(served, objects);
        output.initial(matches ? objects.filter(matches) : objects);
      }),
    bookmark,
    error: (error) => output.error(error),
    end() {
      queue.end();
      output.end();
    },
    join: (since) => watch.join({ scope, since, bookmarks, encoding: undefined, sink }),
  };
}

/** Work that is done one after the other, some of it waiting for somebody else. */
class Steps {
  readonly #steps: (() => void | Promise<void>)[] = [];
  readonly #failed: (error: unknown) => void;
  #working = false;
  #ended = false;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** False when too much waits. */
  add(step: () => void | Promise<void>): boolean {
    if (this.#ended || this.#steps.length >= stepsMax) return false;
    this.#steps.push(step);
    if (!this.#working) void this.#work();
    return true;
  }

  end(): void {
    this.#ended = true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let step = this.#steps.shift(); step && !this.#ended; step = this.#steps.shift()) {
        await step();
      }
    } catch (error) {
      if (!this.#ended) this.#failed(error);
      this.#ended = true;
    } finally {
      this.#working = false;
    }
  }
}
