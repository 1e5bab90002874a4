import { tooManyRequests } from "#machinery/errors.ts";
import { limits } from "./limits.ts";
import type { RequestInfo } from "./request.ts";

const mutating = new Set(["create", "update", "patch", "delete", "deletecollection"]);
const nothing: Disposable = { [Symbol.dispose]() {} };

/**
 * How many requests may be under way at once, reads and writes apart. Watches and what streams are
 * not counted: they would fill the gate for good.
 */
export class RequestGate {
  #reading = 0;
  #writing = 0;
  readonly #leaveReading: Disposable = { [Symbol.dispose]: () => void this.#reading-- };
  readonly #leaveWriting: Disposable = { [Symbol.dispose]: () => void this.#writing-- };

  get reading(): number {
    return this.#reading;
  }

  get writing(): number {
    return this.#writing;
  }

  /** A place, until it is disposed. @throws TooManyRequests. */
  enter(info: RequestInfo): Disposable {
    if (isLong(info)) return nothing;
    if (mutating.has(info.verb)) {
      if (this.#writing >= limits.requestsWritingMax) throw full();
      this.#writing++;
      return this.#leaveWriting;
    }
    if (this.#reading >= limits.requestsReadingMax) throw full();
    this.#reading++;
    return this.#leaveReading;
  }
}

const streaming = new Set(["log", "exec", "attach", "portforward", "proxy"]);

function isLong(info: RequestInfo): boolean {
  return info.isResource && (info.verb === "watch" || streaming.has(info.subresource));
}

function full() {
  return tooManyRequests("Too many requests, please try again later.", 1);
}
