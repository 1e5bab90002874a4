import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import type { Duplex, Readable } from "node:stream";

import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";

import { systemClock } from "#base/clock.ts";

import type { StreamingContext, UpgradeTarget } from "./http-upgrade.ts";
import { openPortForward, servePortForward, translatePortForward } from "./port-forward.ts";
import type { UpgradeRequest } from "./remote-streams.ts";

const servers: Server[] = [];
const stopping: AbortController[] = [];
afterEach(() => {
  for (const controller of stopping.splice(0)) controller.abort();
  for (const server of servers.splice(0)) server.close();
});

function context(): StreamingContext {
  const controller = new AbortController();
  stopping.push(controller);
  return { clock: systemClock, signal: controller.signal };
}

async function port(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function listen(upgrade: (request: UpgradeRequest) => Promise<void>): Promise<UpgradeTarget> {
  const server = createHttpServer();
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    void upgrade({ req, socket, head });
  });
  return { url: new URL(`http://127.0.0.1:${await port(server)}/portforward`) };
}

/** Echoes what it hears, in upper case, and ends when the client does. */
const shouting = () =>
  port(
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("data", (piece) => socket.write(piece.toString().toUpperCase()));
      socket.on("end", () => socket.end("bye"));
      socket.on("error", () => {});
    }),
  );

const dial = async (to: number): Promise<Duplex> => {
  const socket = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
};

async function text(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  await once(stream, "end");
  return Buffer.concat(pieces).toString();
}

const serve = () => listen((request) => servePortForward(request, context(), dial));
const translate = async (): Promise<UpgradeTarget> => {
  const target = await serve();
  return listen((request) =>
    translatePortForward(request, { url: new URL(request.req.url!, target.url) }, context()),
  );
};

describe.each([
  ["directly", "websocket", serve],
  ["directly", "spdy", serve],
  ["through a translator", "websocket", translate],
  ["through a translator", "spdy", translate],
] as const)("%s by %s", (_, transport, route) => {
  test("connections share one port-forward and half-close by themselves", async () => {
    const [to, target] = await Promise.all([shouting(), route()]);
    using forward = await openPortForward(target, { ...context(), transport });
    const talks = ["one", "two", "three"].map(async (word) => {
      const connection = await forward.connect(to);
      const heard = text(connection);
      connection.end(word);
      return heard;
    });
    expect(await Promise.all(talks)).toEqual(["ONEbye", "TWObye", "THREEbye"]);
  });

  test("a port where nobody listens fails that connection only", async () => {
    const [to, target] = await Promise.all([shouting(), route()]);
    const closed = await port(createServer());
    servers.pop()!.close();
    using forward = await openPortForward(target, { ...context(), transport });
    const failing = await forward.connect(closed);
    const [error] = (await once(failing.resume(), "error")) as [Error];
    expect(error.message).toContain(`error forwarding port ${closed}: connect ECONNREFUSED`);
    const working = await forward.connect(to);
    working.end("still here");
    expect(await text(working)).toBe("STILL HEREbye");
  });

  test("4 MiB come back whole", async () => {
    const [to, target] = await Promise.all([shouting(), route()]);
    using forward = await openPortForward(target, { ...context(), transport });
    const connection = await forward.connect(to);
    const heard = text(connection);
    connection.end(Buffer.alloc(4 << 20, "a"));
    expect((await heard).length).toBe((4 << 20) + 3);
  });
});

test("an old client has a data and an error channel per port", async () => {
  const [to, target] = await Promise.all([shouting(), serve()]);
  const url = `${target.url.href.replace("http", "ws")}?ports=${to}`;
  const websocket = new WebSocket(url, ["v4.channel.k8s.io"]);
  const messages: Buffer[] = [];
  const answered = Promise.withResolvers<void>();
  websocket.on("message", (data: Buffer) => {
    messages.push(data);
    if (messages.length === 3) answered.resolve();
  });
  await once(websocket, "open");
  websocket.send(Buffer.from("\0hey"));
  await answered.promise;
  const number = [to & 0xff, to >> 8];
  expect(messages).toEqual([
    Buffer.from([0, ...number]),
    Buffer.from([1, ...number]),
    Buffer.from("\0HEY"),
  ]);
  websocket.close();
  await once(websocket, "close");
});

test("streams without a port, or of an unknown type, are refused", async () => {
  const target = await serve();
  using forward = await openPortForward(target, { ...context(), transport: "spdy" });
  await expect(forward.connect(0)).rejects.toThrow("refused");
  await expect(forward.connect(70_000)).rejects.toThrow("refused");
});
