import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "#base/clock.ts";

/** Questions about the rest of the world go to the resolvers of the machine. */

/** A resolver that does not answer within this time is passed over. */
const timeoutMs = 2_000;
/** How long a resolver that did not answer is not asked again: clients shall not wait for it anew. */
const silenceMs = 10_000;
const answerBytesMax = 65_535;

export interface Resolver {
  address: string;
  port: number;
}

/** The resolvers that a resolv.conf names, without those that would lead back to `self`. */
export function resolversOf(resolvConf: string, self: readonly string[]): Resolver[] {
  return resolvConf
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
    .filter((address) => address !== undefined && !self.includes(address))
    .map((address) => ({ address: address!, port: 53 }));
}

/** The machine's resolvers; one that has just failed to answer is left alone for a while. */
export class Upstream {
  readonly #clock: Clock;
  readonly #resolvers: readonly Resolver[];
  readonly #silentUntilMs = new Map<Resolver, number>();

  constructor(resolvers: readonly Resolver[], clock: Clock) {
    this.#resolvers = resolvers;
    this.#clock = clock;
  }

  /** The first answer (a whole packet), the resolvers asked in order; undefined when none answers. */
  async ask(packet: Buffer, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    for (const resolver of this.#resolvers) {
      if ((this.#silentUntilMs.get(resolver) ?? 0) > this.#clock.monotonic()) continue;
      const send = transport === "udp" ? askOverUdp : askOverTcp;
      const answer = await send(packet, resolver, this.#clock).catch(() => undefined);
      if (answer) return answer;
      this.#silentUntilMs.set(resolver, this.#clock.monotonic() + silenceMs);
    }
    return undefined;
  }
}

function askOverUdp(packet: Buffer, { address, port }: Resolver, clock: Clock): Promise<Buffer> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  let timer: Disposable | undefined;
  return new Promise<Buffer>((resolve, reject) => {
    timer = clock.after(timeoutMs, () => reject(new Error("resolver timed out")));
    socket.once("error", reject);
    socket.on("message", (answer) => {
      // Only the answer to this very question counts.
      if (answer.length >= 12 && answer.readUInt16BE(0) === packet.readUInt16BE(0)) resolve(answer);
    });
    socket.connect(port, address, () => socket.send(packet));
  }).finally(() => {
    timer?.[Symbol.dispose]();
    socket.close();
  });
}

function askOverTcp(packet: Buffer, { address, port }: Resolver, clock: Clock): Promise<Buffer> {
  const socket = connect({ host: address, port });
  let timer: Disposable | undefined;
  return new Promise<Buffer>((resolve, reject) => {
    timer = clock.after(timeoutMs, () => reject(new Error("resolver timed out")));
    const reader = new FrameReader(resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("resolver hung up")));
    socket.on("data", (chunk) => reader.push(chunk));
    socket.write(frame(packet));
  }).finally(() => {
    timer?.[Symbol.dispose]();
    socket.destroy();
  });
}

/** A DNS message over TCP: its length in two bytes, then itself (RFC 1035, 4.2.2). */
export function frame(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

/** Cuts a TCP stream into DNS messages. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #take: (packet: Buffer) => void;

  constructor(take: (packet: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer | string): void {
    this.#rest = Buffer.concat([this.#rest, Buffer.from(chunk as Buffer)]);
    while (this.#rest.length >= 2) {
      const length = this.#rest.readUInt16BE(0);
      if (length > answerBytesMax || this.#rest.length < 2 + length) return;
      const packet = this.#rest.subarray(2, 2 + length);
      this.#rest = this.#rest.subarray(2 + length);
      this.#take(packet);
    }
  }
}
