/**
 * A SPDY/3.1 connection over any Duplex, in either role, as Kubernetes uses it (moby/spdystream): streams
 * are opened with headers, answered with SYN_REPLY, half-closed with FIN, ended with RST_STREAM. Windows
 * are not kept, as spdystream keeps none: what holds a fast sender back is that an over-full stream stops
 * us reading the connection.
 */
import type { Duplex } from "node:stream";

import type { Clock, Timer } from "#base/clock.ts";

import { streamingLimits } from "../limits.ts";
import {
  controlFrame,
  controlType,
  dataHead,
  frameFlag,
  FrameParser,
  goAwayStatus,
  resetStatus,
  synStreamFrame,
} from "./frames.ts";
import { watchIdle } from "../idle.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./header-block.ts";
import { SpdyError } from "./spdy-error.ts";
import { SpdyStream, type StreamCarrier } from "./spdy-stream.ts";

export interface SpdyOptions {
  role: "client" | "server";
  clock: Clock;
  /** Called for each stream the other side opens; throwing refuses it. */
  onStream?: (stream: SpdyStream) => void;
  /** Bytes that arrived together with the HTTP upgrade. */
  head?: Buffer;
  /** Close after this long without a byte. Default `streamingLimits.idleMs`. */
  idleMs?: number;
  /** Send a PING this often, to keep middle boxes from dropping a quiet connection. */
  pingEveryMs?: number;
}

interface Opening {
  resolve(stream: SpdyStream): void;
  reject(error: Error): void;
}

const streamIdMax = 0x7fff_ffff;
/** How long a closed connection waits for the other side to read what is left. */
const lingerMs = 10_000;
const unansweredPingsMax = 3;

export class SpdyConnection implements Disposable {
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #parser: FrameParser;
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #openings = new Map<number, Opening>();
  readonly #blocked = new Set<SpdyStream>();
  readonly #pings = new Map<number, () => void>();
  readonly #carrier: StreamCarrier;
  #nextStreamId: number;
  #nextPingId: number;
  #lastRemoteId = 0;
  #state: "open" | "goneAway" | "closing" | "closed" = "open";
  readonly #idle: ReturnType<typeof watchIdle>;
  readonly #timers = new Set<Timer>();
  #settleClosed!: (error: Error | undefined) => void;
  /** Resolves when the connection is over, with what broke it, if anything did. Never rejects. */
  readonly closed: Promise<Error | undefined>;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextStreamId = this.#nextPingId = options.role === "client" ? 1 : 2;
    this.closed = new Promise((resolve) => (this.#settleClosed = resolve));
    this.#carrier = {
      sendData: (id, data, fin, done) => this.#sendData(id, data, fin, done),
      sendReset: (id) => this.#sendReset(id, resetStatus.cancel),
      setBlocked: (stream, blocked) => this.#setBlocked(stream, blocked),
      forget: (stream) => this.#forget(stream),
    };
    this.#parser = new FrameParser({
      data: (id, piece, fin) => this.#streams.get(id)?.receive(piece, fin),
      control: (type, flags, payload) => this.#onControl(type, flags, payload),
    });
    this.#idle = watchIdle(options.clock, options.idleMs ?? streamingLimits.idleMs, () =>
      socket.destroy(new SpdyError("connection was idle for too long")),
    );
    this.#listen();
  }

  /** True until either side began to close. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Opens a stream and waits for the other side to accept it. Throws SpdyError when it does not. */
  openStream(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#state !== "open") return Promise.reject(new SpdyError("connection is closing"));
    if (this.#streams.size >= streamingLimits.spdyStreamsMax || this.#nextStreamId > streamIdMax) {
      return Promise.reject(new SpdyError("too many streams"));
    }
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new SpdyStream(this.#carrier, id, headers);
    this.#streams.set(id, stream);
    return new Promise((resolve, reject) => {
      this.#openings.set(id, { resolve, reject });
      this.#write(synStreamFrame(id, this.#headerWriter.write(headers)));
    });
  }

  /** Resolves when the other side answered a PING, or when the connection is over. */
  ping(): Promise<void> {
    const id = this.#nextPingId;
    this.#nextPingId = id > streamIdMax - 2 ? id & 1 || 2 : id + 2;
    return new Promise((resolve) => {
      if (this.#state === "closed") return resolve();
      this.#pings.set(id, resolve);
      this.#write(controlFrame(controlType.ping, 0, [id]));
    });
  }

  /** Resets what is still open, says GOAWAY, and closes once the other side has read it. */
  close(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    for (const stream of this.#streams.values()) {
      // A stream whose end is on its way already finishes as usual; the rest is cut.
      if (!stream.writableFinished) this.#sendReset(stream.id, resetStatus.cancel);
    }
    this.#shutDown(goAwayStatus.ok);
    for (const stream of this.#streams.values()) stream.peerGone();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #listen(): void {
    const socket = this.#socket;
    const { head, pingEveryMs } = this.#options;
    if (head && head.length > 0) socket.unshift(head);
    socket.on("data", (chunk: Buffer) => this.#onBytes(chunk));
    socket.on("end", () => this.#onSocketEnd());
    socket.on("error", (error: Error) => this.#finish(error));
    socket.on("close", () => this.#finish(undefined));
    this.#timers.add(this.#idle);
    if (pingEveryMs) this.#keepPinging(pingEveryMs);
  }

  #keepPinging(everyMs: number): void {
    const timer = this.#options.clock.after(everyMs, () => {
      this.#timers.delete(timer);
      if (this.#state !== "open") return;
      if (this.#pings.size < unansweredPingsMax) void this.ping();
      this.#keepPinging(everyMs);
    });
    this.#timers.add(timer);
  }

  #onBytes(chunk: Buffer): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    this.#idle.touch();
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#break(error as Error);
    }
  }

  #onSocketEnd(): void {
    this.#dropStreams();
    this.#shutDown(goAwayStatus.ok);
  }

  #onControl(type: number, flags: number, payload: Buffer): void {
    const field = (index: number): number => {
      if (payload.length < index * 4 + 4) throw new SpdyError("control frame too short");
      return payload.readUInt32BE(index * 4) & streamIdMax;
    };
    switch (type) {
      case controlType.synStream:
        return this.#onSynStream(field(0), flags, this.#headers(payload, 10));
      case controlType.synReply:
        return this.#onSynReply(field(0), flags, this.#headers(payload, 4));
      case controlType.headers:
        // Nobody in Kubernetes sends any, but the compression state has to follow.
        this.#headers(payload, 4);
        if (flags & frameFlag.fin) this.#streams.get(field(0))?.receive(Buffer.alloc(0), true);
        return;
      case controlType.rstStream:
        return this.#onReset(field(0));
      case controlType.ping:
        return this.#onPing(field(0));
      case controlType.goAway:
        return this.#onGoAway();
      default:
        // SETTINGS and WINDOW_UPDATE say nothing to who keeps no windows; others are to be ignored.
        return;
    }
  }

  #headers(payload: Buffer, at: number): SpdyHeaders {
    if (payload.length < at) throw new SpdyError("control frame too short");
    return this.#headerReader.read(payload.subarray(at));
  }

  #onSynStream(id: number, flags: number, headers: SpdyHeaders): void {
    const remoteParity = this.#options.role === "client" ? 0 : 1;
    if (id === 0 || id % 2 !== remoteParity || id <= this.#lastRemoteId) {
      throw new SpdyError(`stream id ${id} is out of order`);
    }
    this.#lastRemoteId = id;
    const { onStream } = this.#options;
    if (
      !onStream ||
      this.#state !== "open" ||
      this.#streams.size >= streamingLimits.spdyStreamsMax
    ) {
      return this.#sendReset(id, resetStatus.refusedStream);
    }
    const stream = new SpdyStream(this.#carrier, id, headers);
    this.#streams.set(id, stream);
    if (flags & frameFlag.fin) stream.receive(Buffer.alloc(0), true);
    try {
      onStream(stream);
    } catch {
      stream.destroy();
      return;
    }
    if (flags & frameFlag.unidirectional) stream.end();
    const block = this.#headerWriter.write(new Map());
    this.#write(controlFrame(controlType.synReply, 0, [id], block));
    stream.replied();
  }

  #onSynReply(id: number, flags: number, _headers: SpdyHeaders): void {
    const opening = this.#openings.get(id);
    const stream = this.#streams.get(id);
    if (!opening || !stream) return;
    this.#openings.delete(id);
    if (flags & frameFlag.fin) stream.receive(Buffer.alloc(0), true);
    stream.replied();
    opening.resolve(stream);
  }

  #onReset(id: number): void {
    this.#refuse(id);
    this.#streams.get(id)?.peerGone();
  }

  #refuse(id: number): void {
    this.#openings.get(id)?.reject(new SpdyError("stream was refused"));
    this.#openings.delete(id);
  }

  #onPing(id: number): void {
    const ours = id % 2 === (this.#options.role === "client" ? 1 : 0);
    if (!ours) {
      this.#write(controlFrame(controlType.ping, 0, [id]));
      return;
    }
    this.#pings.get(id)?.();
    this.#pings.delete(id);
  }

  #onGoAway(): void {
    if (this.#state !== "open") return;
    this.#state = "goneAway";
    if (this.#streams.size === 0) this.#shutDown(goAwayStatus.ok);
  }

  #forget(stream: SpdyStream): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#refuse(stream.id);
    if (this.#state === "goneAway" && this.#streams.size === 0) this.#shutDown(goAwayStatus.ok);
  }

  #setBlocked(stream: SpdyStream, blocked: boolean): void {
    if (blocked) this.#blocked.add(stream);
    else this.#blocked.delete(stream);
    if (this.#blocked.size > 0) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #sendData(id: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return done();
    this.#socket.cork();
    const head = dataHead(id, data.length, fin);
    // A connection that breaks ends its streams; the writer need not hear of it twice.
    if (data.length === 0) this.#socket.write(head, () => done());
    else {
      this.#socket.write(head);
      this.#socket.write(data, () => done());
    }
    this.#socket.uncork();
  }

  #sendReset(id: number, status: number): void {
    this.#write(controlFrame(controlType.rstStream, 0, [id, status]));
  }

  #write(frame: Buffer): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(frame);
  }

  /** The other side broke the protocol: say so and be done. */
  #break(error: Error): void {
    this.#shutDown(goAwayStatus.protocolError);
    this.#finish(error);
    this.#socket.destroy();
  }

  #shutDown(status: number): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    this.#write(controlFrame(controlType.goAway, 0, [this.#lastRemoteId, status]));
    this.#state = "closing";
    this.#socket.end();
    // What still arrives is read and thrown away: unread bytes would turn our end into a reset.
    this.#blocked.clear();
    this.#socket.resume();
    const timer = this.#options.clock.after(lingerMs, () => this.#socket.destroy());
    this.#timers.add(timer);
  }

  #dropStreams(): void {
    for (const stream of this.#streams.values()) stream.peerGone();
  }

  #finish(error: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#dropStreams();
    for (const answered of this.#pings.values()) answered();
    this.#pings.clear();
    this.#settleClosed(error);
  }
}
