import { Duplex } from "node:stream";

import { streamingLimits } from "../limits.ts";
import type { SpdyHeaders } from "./header-block.ts";

type Done = (error?: Error | null) => void;

/** What a stream asks of the connection that carries it. */
export interface StreamCarrier {
  sendData(streamId: number, data: Buffer, fin: boolean, done: Done): void;
  sendReset(streamId: number): void;
  /** The stream holds more unread bytes than it should: stop (or go on) reading the connection. */
  setBlocked(stream: SpdyStream, blocked: boolean): void;
  /** Both directions are over. */
  forget(stream: SpdyStream): void;
}

/**
 * One SPDY stream as a Duplex. `end()` half-closes; `destroy()` resets. A reset or lost connection from
 * the other side ends the readable side after what had arrived, and swallows later writes: that is what
 * Go's spdystream does, and its servers end every finished command so.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #carrier: StreamCarrier;
  #replied = false;
  #waiting: (() => void)[] = [];
  #localDone = false;
  #remoteDone = false;
  #blocked = false;

  constructor(carrier: StreamCarrier, id: number, headers: SpdyHeaders) {
    super({ allowHalfOpen: true, emitClose: true, autoDestroy: true });
    this.#carrier = carrier;
    this.id = id;
    this.headers = headers;
    // A stream's error is reported by whoever reads or writes it; nobody may be listening any more.
    this.on("error", () => {});
  }

  /** True once the other side can no longer receive: it reset the stream or is gone. */
  get gone(): boolean {
    return this.#localDone && this.#remoteDone;
  }

  /** The stream is accepted (SYN_REPLY passed): what waited to be written may go. */
  replied(): void {
    this.#replied = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const write of waiting) write();
  }

  /** Bytes from the other side. */
  receive(data: Buffer, fin: boolean): void {
    if (this.#remoteDone) return;
    if (data.length > 0) {
      this.push(data);
      if (this.readableLength > streamingLimits.streamBufferBytesMax) this.#setBlocked(true);
    }
    if (!fin) return;
    this.#remoteDone = true;
    this.push(null);
    if (this.#localDone) this.#carrier.forget(this);
  }

  /** The other side reset the stream, or the connection is gone. */
  peerGone(): void {
    this.#localDone = true;
    if (!this.#remoteDone) {
      this.#remoteDone = true;
      this.push(null);
    }
    this.replied();
    this.#carrier.forget(this);
  }

  override _read(): void {
    this.#setBlocked(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#whenReplied(() => this.#send(chunk, done));
  }

  override _final(done: Done): void {
    this.#whenReplied(() => {
      if (this.#localDone) return done();
      this.#localDone = true;
      this.#carrier.sendData(this.id, Buffer.alloc(0), true, done);
      if (this.#remoteDone) this.#carrier.forget(this);
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#setBlocked(false);
    if (!this.#localDone || !this.#remoteDone) {
      this.#localDone = true;
      this.#remoteDone = true;
      this.#carrier.sendReset(this.id);
      this.#carrier.forget(this);
    }
    this.replied();
    done(error);
  }

  #send(chunk: Buffer, done: Done): void {
    if (this.#localDone) return done();
    const piece = chunk.subarray(0, streamingLimits.spdyDataFrameBytesMax);
    const rest = chunk.subarray(piece.length);
    this.#carrier.sendData(this.id, piece, false, (error) => {
      if (error || rest.length === 0) return done(error);
      this.#send(rest, done);
    });
  }

  #whenReplied(run: () => void): void {
    if (this.#replied) run();
    else this.#waiting.push(run);
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.#carrier.setBlocked(this, blocked);
  }
}
