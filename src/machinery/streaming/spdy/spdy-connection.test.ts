import { once } from "node:events";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import type { Readable } from "node:stream";

import { afterEach, expect, test } from "vitest";

import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { VirtualClock } from "#base/virtual-clock.ts";

import { controlFrame, controlType, dataHead, synStreamFrame } from "./frames.ts";
import { HeaderWriter } from "./header-block.ts";
import { SpdyConnection, type SpdyOptions } from "./spdy-connection.ts";
import { SpdyError } from "./spdy-error.ts";
import type { SpdyStream } from "./spdy-stream.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** All text until the end. Unlike `stream/consumers` it leaves the writable half alone. */
async function text(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  await once(stream, "end");
  return Buffer.concat(pieces).toString();
}

async function sockets(): Promise<[client: Socket, server: Socket]> {
  const listener: Server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection") as Promise<[Socket]>;
  const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  const [server] = await accepted;
  listener.close();
  cleanups.push(() => [client, server].forEach((socket) => socket.destroy()));
  return [client, server];
}

async function pair(onStream: (stream: SpdyStream) => void, more: Partial<SpdyOptions> = {}) {
  const [a, b] = await sockets();
  const clock = systemClock;
  const client = new SpdyConnection(a, { role: "client", clock, ...more });
  const server = new SpdyConnection(b, { role: "server", clock, onStream, ...more });
  return { client, server };
}

const headers = (streamType: string) => new Map([["streamtype", streamType]]);

test("streams carry bytes both ways and half-close independently", async () => {
  const { client, server } = await pair((stream) => {
    expect(stream.headers.get("streamtype")).toBe("data");
    void text(stream).then((heard) => stream.end(`heard ${heard}`));
  });
  const streams = await Promise.all([1, 2, 3].map(() => client.openStream(headers("data"))));
  expect(streams.map((stream) => stream.id)).toEqual([1, 3, 5]);
  const answers = streams.map((stream, index) => {
    stream.end(`hello ${index}`);
    return text(stream);
  });
  expect(await Promise.all(answers)).toEqual([0, 1, 2].map((index) => `heard hello ${index}`));
  client.close();
  expect(await server.closed).toBeUndefined();
  expect(await client.closed).toBeUndefined();
});

test("both sides may open streams, and answer pings", async () => {
  const fromServer = Promise.withResolvers<string>();
  const [a, b] = await sockets();
  const server = new SpdyConnection(a, { role: "server", clock: systemClock });
  const client = new SpdyConnection(b, {
    role: "client",
    clock: systemClock,
    onStream: (stream) => void text(stream).then(fromServer.resolve),
  });
  const stream = await server.openStream(headers("x"));
  expect(stream.id).toBe(2);
  stream.end("pushed");
  expect(await fromServer.promise).toBe("pushed");
  await Promise.all([server.ping(), client.ping(), client.ping()]);
});

test("32 MiB arrive intact through a reader slower than the writer", async () => {
  const total = 32 * 1024 * 1024;
  const { client } = await pair((stream) => {
    const piece = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, index) => index % 251));
    let sent = 0;
    const pump = () => {
      while (sent < total) {
        sent += piece.length;
        if (stream.write(piece)) continue;
        stream.once("drain", pump);
        return;
      }
      stream.end();
    };
    pump();
  });
  const stream = await client.openStream(headers("big"));
  let received = 0;
  let wrong = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += 997) {
      if (chunk[at] !== ((received + at) % (1 << 20)) % 251) wrong++;
    }
    received += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect({ received, wrong }).toEqual({ received: total, wrong: 0 });
});

test("a refused stream rejects its opener and nothing else", async () => {
  const { client } = await pair((stream) => {
    if (stream.headers.get("streamtype") === "bad") throw new Error("no");
    stream.end("fine");
  });
  await expect(client.openStream(headers("bad"))).rejects.toThrow(SpdyError);
  expect(await text(await client.openStream(headers("good")))).toBe("fine");
});

test("a reset ends the reader after what had arrived; later writes are swallowed", async () => {
  const { client } = await pair((stream) => {
    stream.write("last words", () => stream.destroy());
  });
  const stream = await client.openStream(headers("data"));
  expect(await text(stream)).toBe("last words");
  await new Promise<void>((resolve, reject) =>
    stream.write("into the void", (error) => (error ? reject(error) : resolve())),
  );
  stream.end();
  await once(stream, "close");
});

test("closing ends the other side's streams", async () => {
  const opened = Promise.withResolvers<SpdyStream>();
  const { client, server } = await pair(opened.resolve);
  const stream = await client.openStream(headers("data"));
  stream.write("abc");
  const seen = await opened.promise;
  const [first] = (await once(seen, "data")) as [Buffer];
  expect(first.toString()).toBe("abc");
  client.close();
  await once(seen, "end");
  await server.closed;
  await expect(client.openStream(headers("late"))).rejects.toThrow(SpdyError);
});

test("a quiet connection is pinged, and closed once idle for too long", async () => {
  const clock = new VirtualClock();
  const [a, b] = await sockets();
  const client = new SpdyConnection(a, { role: "client", clock, idleMs: 60_000 });
  b.once("data", () => {});
  await clock.advance(59_000);
  expect(client.isOpen).toBe(true);
  await clock.advance(2_000);
  expect((await client.closed)?.message).toContain("idle");
});

const synStream = (id: number) => synStreamFrame(id, new HeaderWriter().write(headers("x")));

test.each([
  ["HTTP instead of SPDY", Buffer.from("\xff\xffGET / HTTP/1.1\r\n\r\n", "latin1")],
  ["an even stream id from a client", synStream(2)],
  ["stream id 0", synStream(0)],
  ["a repeated stream id", Buffer.concat([synStream(3), synStream(3)])],
  ["a giant control frame", Buffer.of(0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff)],
  ["a short SYN_STREAM", controlFrame(controlType.synStream, 0, [1])],
  ["garbage headers", synStreamFrame(1, Buffer.from("garbage garbage"))],
])("%s breaks the connection, not the process", async (_, bytes) => {
  const [a, b] = await sockets();
  const server = new SpdyConnection(b, { role: "server", clock: systemClock, onStream: () => {} });
  a.write(bytes);
  a.resume();
  expect(await server.closed).toBeInstanceOf(SpdyError);
});

test("frames for unknown streams and of unknown types are ignored", async () => {
  const [a, b] = await sockets();
  const server = new SpdyConnection(b, { role: "server", clock: systemClock, onStream: () => {} });
  a.write(Buffer.concat([dataHead(77, 3, true), Buffer.from("abc")]));
  a.write(controlFrame(controlType.windowUpdate, 0, [77, 10]));
  a.write(controlFrame(controlType.rstStream, 0, [77, 5]));
  a.write(controlFrame(controlType.synReply, 0, [77], new HeaderWriter().write(new Map())));
  a.write(controlFrame(42, 0, [1, 2, 3]));
  a.resume();
  a.write(controlFrame(controlType.ping, 0, [1]));
  const [answer] = (await once(a, "data")) as [Buffer];
  expect(answer.length).toBeGreaterThan(0);
  expect(server.isOpen).toBe(true);
});

test("random frames cut at random places never throw", async () => {
  const chance = seededChance(7);
  for (let round = 0; round < 40; round++) {
    const [a, b] = await sockets();
    const server = new SpdyConnection(b, {
      role: "server",
      clock: systemClock,
      onStream: (stream) => stream.resume(),
    });
    a.on("error", () => {});
    a.resume();
    for (let frame = 0; frame < 30; frame++) {
      const payload = Buffer.from(chance.bytes(chance.integer(40)));
      const bytes = chance.integer(2)
        ? controlFrame(chance.integer(11), chance.integer(4), [chance.integer(9)], payload)
        : Buffer.concat([dataHead(chance.integer(9), payload.length, false), payload]);
      const cut = chance.integer(bytes.length);
      a.write(bytes.subarray(0, cut));
      a.write(bytes.subarray(cut));
    }
    a.end();
    await server.closed;
  }
});
