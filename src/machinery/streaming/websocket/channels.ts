/**
 * Channels over one WebSocket: each message begins with its channel's number, as a byte or, in base64
 * sub-protocols, as a digit before base64 text. Version 5 adds a message that half-closes a channel.
 * Source: KEP-4006 and apimachinery's wsstream.
 */
import { Duplex } from "node:stream";

import { streamingLimits } from "../limits.ts";
import { closeChannel } from "../protocols.ts";
import type { WebSocket } from "./adapter.ts";

type Done = (error?: Error | null) => void;

export interface ChannelsOptions {
  role: "client" | "server";
  protocol: string;
  /** The channels that can be read and written; messages for others are dropped. */
  channels: readonly number[];
  /** Called for every message that arrives. */
  onMessage?: () => void;
}

/** The channels of one WebSocket, each a Duplex. All are readable until the WebSocket closes. */
export class WebSocketChannels {
  readonly #websocket: WebSocket;
  readonly #options: ChannelsOptions;
  readonly #channels: ReadonlyMap<number, Channel>;
  readonly #blocked = new Set<Channel>();
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>;

  constructor(websocket: WebSocket, options: ChannelsOptions) {
    this.#websocket = websocket;
    this.#options = options;
    this.#channels = new Map(
      options.channels.map((number) => [number, new Channel(number, this.#carrier())]),
    );
    websocket.binaryType = "nodebuffer";
    websocket.on("message", (data) => this.#onMessage(data as Buffer));
    this.closed = new Promise((resolve) => {
      websocket.once("close", () => {
        for (const channel of this.#channels.values()) channel.peerEnded();
        resolve();
      });
    });
    websocket.resume();
  }

  /** Throws for a channel that was not opened. */
  channel(number: number): Duplex {
    const channel = this.#channels.get(number);
    if (!channel) throw new Error(`channel ${number} is not open`);
    return channel;
  }

  /** Sends an empty message, by which servers tell clients that the channel is there. */
  announce(number: number): void {
    this.#send(number, Buffer.alloc(0), () => {});
  }

  /** Starts the closing handshake; what was written before still arrives. */
  close(): void {
    this.#blocked.clear();
    this.#websocket.resume();
    this.#websocket.close(1000);
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#websocket.terminate();
  }

  #carrier(): Carrier {
    return {
      send: (number, data, done) => this.#send(number, data, done),
      ended: (number) => this.#sendClose(number),
      setBlocked: (channel, blocked) => this.#setBlocked(channel, blocked),
    };
  }

  get #isBase64(): boolean {
    return this.#options.protocol.includes("base64.");
  }

  #onMessage(message: Buffer): void {
    this.#options.onMessage?.();
    if (message.length === 0) return;
    const number = this.#isBase64 ? message[0]! - 0x30 : message[0]!;
    if (number === closeChannel && this.#options.protocol.startsWith("v5.")) {
      if (message.length > 1) this.#channels.get(message[1]!)?.peerEnded();
      return;
    }
    const rest = message.subarray(1);
    const data = this.#isBase64 ? Buffer.from(rest.toString("latin1"), "base64") : rest;
    this.#channels.get(number)?.receive(data);
  }

  #send(number: number, data: Buffer, done: Done): void {
    if (this.#websocket.readyState !== this.#websocket.OPEN) return done();
    if (this.#isBase64) {
      const text = `${number}${data.toString("base64")}`;
      this.#websocket.send(text, { binary: false }, () => done());
      return;
    }
    const message = Buffer.allocUnsafe(data.length + 1);
    message[0] = number;
    data.copy(message, 1);
    // A connection that breaks closes its channels; the writer need not hear of it twice.
    this.#websocket.send(message, { binary: true }, () => done());
  }

  /** Only clients half-close: servers say that they are done by closing the connection. */
  #sendClose(number: number): void {
    if (this.#options.role === "server" || !this.#options.protocol.startsWith("v5.")) return;
    if (this.#websocket.readyState !== this.#websocket.OPEN) return;
    this.#websocket.send(Buffer.of(closeChannel, number));
  }

  #setBlocked(channel: Channel, blocked: boolean): void {
    if (blocked) this.#blocked.add(channel);
    else this.#blocked.delete(channel);
    if (this.#blocked.size > 0) this.#websocket.pause();
    else this.#websocket.resume();
  }
}

interface Carrier {
  send(number: number, data: Buffer, done: Done): void;
  ended(number: number): void;
  setBlocked(channel: Channel, blocked: boolean): void;
}

class Channel extends Duplex {
  readonly #number: number;
  readonly #carrier: Carrier;
  #peerEnded = false;
  #blocked = false;

  constructor(number: number, carrier: Carrier) {
    super({ allowHalfOpen: true });
    this.#number = number;
    this.#carrier = carrier;
    this.on("error", () => {});
  }

  receive(data: Buffer): void {
    if (this.#peerEnded || this.destroyed || data.length === 0) return;
    this.push(data);
    if (this.readableLength > streamingLimits.streamBufferBytesMax) this.#setBlocked(true);
  }

  peerEnded(): void {
    if (this.#peerEnded) return;
    this.#peerEnded = true;
    this.push(null);
  }

  override _read(): void {
    this.#setBlocked(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#carrier.send(this.#number, chunk, done);
  }

  override _final(done: Done): void {
    this.#carrier.ended(this.#number);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#setBlocked(false);
    done(error);
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.#carrier.setBlocked(this, blocked);
  }
}
