/**
 * A network with faults between the components and the API server, for simulations: calls are delayed,
 * lost or answered into the void, watches lag and break. What happens follows from the chance given;
 * it is laid around the transport of each client.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import { childSignal } from "#base/signal.ts";
import type { ApiAnswer, ApiCall, RawWatchEvent, Transport } from "#client/transport.ts";

/** Chances are in [0, 1]; for each call, or each event of a watch. */
export interface FaultRates {
  /** A call takes time to arrive. */
  delayCall: number;
  /** The longest delay of a call or of an event, milliseconds. */
  delayMsMax: number;
  /** A call never arrives: the caller sees a broken connection. */
  loseCall: number;
  /** A call is done, but the caller sees a broken connection. */
  loseAnswer: number;
  /** An event, and what follows it, comes late. */
  delayEvent: number;
  /** A watch ends instead of giving its next event. */
  dropWatch: number;
}

export const noFaults: FaultRates = {
  delayCall: 0,
  delayMsMax: 0,
  loseCall: 0,
  loseAnswer: 0,
  delayEvent: 0,
  dropWatch: 0,
};

/** How often each fault has happened. */
export interface FaultCounts {
  delayedCalls: number;
  lostCalls: number;
  lostAnswers: number;
  delayedEvents: number;
  droppedWatches: number;
}

/** See the file's head. */
export class FaultyNetwork {
  /** May be changed at any time. */
  rates: FaultRates = noFaults;
  readonly counts: FaultCounts = {
    delayedCalls: 0,
    lostCalls: 0,
    lostAnswers: 0,
    delayedEvents: 0,
    droppedWatches: 0,
  };
  readonly #clock: Clock;
  readonly #chance: Chance;
  /** By user: aborts when the user's connections break. */
  readonly #lines = new Map<string, ReturnType<typeof childSignal>>();
  #down = false;

  constructor(options: { clock: Clock; chance: Chance }) {
    this.#clock = options.clock;
    this.#chance = options.chance;
  }

  /** The transport of `user`, as reliable as the network is. */
  wrap(user: string, transport: Transport): Transport {
    return {
      request: (call) => this.#request(user, transport, call),
      stream: (call) => transport.stream(call),
      watch: (call) => this.#watch(user, transport, call),
    };
  }

  /**
   * Breaks all connections of the users that match: calls that have not arrived never will, watches
   * end. For a component that crashes, or (all users) a server that does.
   */
  cut(matches: (user: string) => boolean = () => true): void {
    for (const [user, line] of this.#lines) {
      if (!matches(user)) continue;
      this.#lines.delete(user);
      line.abort();
    }
  }

  /** The server is gone: every connection breaks and no call arrives until it is back. */
  serverDown(): void {
    this.#down = true;
    this.cut();
  }

  serverUp(): void {
    this.#down = false;
  }

  async #request(user: string, transport: Transport, call: ApiCall): Promise<ApiAnswer> {
    const { delayCall, loseCall, loseAnswer } = this.rates;
    const line = this.#lineOf(user);
    if (this.#happens(delayCall)) {
      this.counts.delayedCalls++;
      await this.#delay(line, call.signal);
    }
    if (line.aborted || this.#down || this.#happens(loseCall)) {
      this.counts.lostCalls++;
      throw new Error("connect ECONNREFUSED");
    }
    const answer = await transport.request(call);
    if (this.#happens(loseAnswer)) {
      this.counts.lostAnswers++;
      throw new Error("socket hang up");
    }
    return answer;
  }

  async *#watch(
    user: string,
    transport: Transport,
    call: ApiCall,
  ): AsyncGenerator<RawWatchEvent, void, undefined> {
    if (this.#down) throw new Error("connect ECONNREFUSED");
    const line = this.#lineOf(user);
    const signal = call.signal ? AbortSignal.any([line, call.signal]) : line;
    for await (const event of transport.watch({ ...call, signal })) {
      if (this.#happens(this.rates.dropWatch)) {
        this.counts.droppedWatches++;
        return;
      }
      if (this.#happens(this.rates.delayEvent)) {
        this.counts.delayedEvents++;
        await this.#delay(signal);
      }
      if (signal.aborted) return;
      yield event;
    }
  }

  #lineOf(user: string): AbortSignal {
    let line = this.#lines.get(user);
    if (!line) this.#lines.set(user, (line = childSignal()));
    return line.signal;
  }

  #happens(rate: number): boolean {
    return rate > 0 && this.#chance.float() < rate;
  }

  /** Up to the longest delay, or until the line breaks. @throws the call's own reason to abort. */
  async #delay(line: AbortSignal, own?: AbortSignal): Promise<void> {
    const ms = this.#chance.float() * this.rates.delayMsMax;
    const signal = own ? AbortSignal.any([line, own]) : line;
    await this.#clock.sleep(ms, signal).catch(() => {});
    own?.throwIfAborted();
  }
}
