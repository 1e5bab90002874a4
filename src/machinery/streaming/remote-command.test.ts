import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Duplex, PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";

import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";

import { systemClock } from "#base/clock.ts";

import { ApiError } from "../errors.ts";
import type { StreamingContext, UpgradeTarget } from "./http-upgrade.ts";
import { streamOptionsOf } from "./protocols.ts";
import { proxyUpgrade } from "./proxy-upgrade.ts";
import {
  type CommandHandler,
  runRemoteCommand,
  serveRemoteCommand,
  translateRemoteCommand,
} from "./remote-command.ts";
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

async function listen(upgrade: (request: UpgradeRequest) => Promise<void>): Promise<UpgradeTarget> {
  const server = createServer((_, response) => response.writeHead(400).end("upgrade, please"));
  servers.push(server);
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    void upgrade({ req, socket, head });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/exec`) };
}

const optionsIn = (req: IncomingMessage) =>
  streamOptionsOf(new URL(req.url!, "http://x").searchParams);

/** A server, directly or behind a translator or a proxy: the client must not notice. */
const routes = [
  ["directly", "websocket", (target: UpgradeTarget) => Promise.resolve(target)],
  ["directly", "spdy", (target: UpgradeTarget) => Promise.resolve(target)],
  ["through a proxy", "websocket", proxied],
  ["through a proxy", "spdy", proxied],
  ["through a translator", "websocket", translated],
  [
    "through a translator and a proxy",
    "websocket",
    (t: UpgradeTarget) => proxied(t).then(translated),
  ],
] as const;

function proxied(target: UpgradeTarget): Promise<UpgradeTarget> {
  const { clock, signal } = context();
  return listen((request) => {
    const url = new URL(request.req.url!, target.url);
    return proxyUpgrade(request, { ...target, url }, { clock, signal });
  });
}

function translated(target: UpgradeTarget): Promise<UpgradeTarget> {
  const { clock, signal } = context();
  return listen((request) => {
    const url = new URL(request.req.url!, target.url);
    return translateRemoteCommand(
      request,
      optionsIn(request.req),
      { ...target, url },
      {
        clock,
        signal,
      },
    );
  });
}

describe.each(routes)("%s by %s", (_, transport, route) => {
  async function run(
    handler: CommandHandler,
    query: string,
    local: { stdin?: Readable; resizes?: AsyncIterable<{ Width: number; Height: number }> } = {},
  ) {
    const server = await listen((request) =>
      serveRemoteCommand(request, optionsIn(request.req), context(), handler),
    );
    const target = await route(server);
    target.url.search = query;
    const params = target.url.searchParams;
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const outputs = Promise.all([text(stdout), text(stderr)]);
    const result = await runRemoteCommand(
      target,
      {
        ...local,
        ...(params.has("stdout") && { stdout }),
        ...(params.has("stderr") && { stderr }),
        tty: params.has("tty"),
      },
      { ...context(), transport },
    );
    stdout.end();
    stderr.end();
    return [result.exitCode, ...(await outputs)];
  }

  test("stdin reaches the command to its end, both outputs and the exit code come back", async () => {
    const handler: CommandHandler = async ({ stdin, stdout, stderr, tty }) => {
      const input = await text(stdin!);
      stderr!.write(`tty=${tty} ${input.length}`);
      stdout!.write(input.toUpperCase());
      return 7;
    };
    const stdin = Readable.from([Buffer.from("hello "), Buffer.from("world")]);
    expect(await run(handler, "?stdin=true&stdout=true&stderr=true", { stdin })).toEqual([
      7,
      "HELLO WORLD",
      "tty=false 11",
    ]);
  });

  test("8 MiB go through in both directions", async () => {
    const handler: CommandHandler = async ({ stdin, stdout }) => {
      for await (const piece of stdin!) {
        if (!stdout!.write(piece)) await once(stdout!, "drain");
      }
      return 0;
    };
    const piece = Buffer.alloc(1 << 20, "0123456789abcdef");
    const stdin = Readable.from(Array.from({ length: 8 }, () => piece));
    const [code, out] = await run(handler, "?stdin=true&stdout=true", { stdin });
    expect(code).toBe(0);
    expect((out as string).length).toBe(8 << 20);
    expect((out as string).endsWith("0123456789abcdef")).toBe(true);
  });

  test("terminal sizes arrive in order", async () => {
    const handler: CommandHandler = async ({ stdout, resizes, tty }) => {
      const seen: string[] = [];
      for await (const { Width, Height } of resizes) {
        seen.push(`${Width}x${Height}`);
        if (seen.length === 2) break;
      }
      stdout!.write(`${tty} ${seen.join()}`);
      return 0;
    };
    async function* resizes() {
      yield { Width: 80, Height: 24 };
      yield { Width: 132, Height: 43 };
      await new Promise(() => {});
    }
    expect(await run(handler, "?stdout=true&tty=true", { resizes: resizes() })).toEqual([
      0,
      "true 80x24,132x43",
      "",
    ]);
  });

  test("a command that cannot run is an error with the server's words", async () => {
    const outcome = run(() => Promise.reject(new Error("no such file")), "?stdout=true");
    await expect(outcome).rejects.toThrow(ApiError);
    await expect(outcome).rejects.toThrow("error executing command in container: no such file");
  });

  test("a client that leaves aborts the command", async () => {
    const [started, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const server = await listen((request) =>
      serveRemoteCommand(request, optionsIn(request.req), context(), async ({ signal }) => {
        started.resolve();
        await once(signal, "abort");
        gone.resolve();
        return 0;
      }),
    );
    const target = await route(server);
    target.url.search = "?stdout=true";
    const leaving = new AbortController();
    const stdout = new PassThrough();
    const result = runRemoteCommand(
      target,
      { stdout },
      { clock: systemClock, signal: leaving.signal, transport },
    );
    await started.promise;
    leaving.abort(new Error("bored"));
    await expect(result).rejects.toThrow("bored");
    await gone.promise;
  });
});

test.each([
  ["v4.channel.k8s.io", true],
  ["v4.base64.channel.k8s.io", true],
  ["channel.k8s.io", false],
  ["base64.channel.k8s.io", false],
  ["", false],
])("an old client with sub-protocol %j is translated", async (protocol, json) => {
  const server = await listen((request) =>
    serveRemoteCommand(request, optionsIn(request.req), context(), async ({ stdin, stdout }) => {
      const [piece] = (await once(stdin!, "data")) as [Buffer];
      stdout!.write(`got ${piece.toString()}`);
      return 3;
    }),
  );
  const { url } = await translated(server);
  const websocket = new WebSocket(
    `${url.href.replace("http", "ws")}?stdin=true&stdout=true`,
    protocol === "" ? [] : [protocol],
  );
  const base64 = protocol.includes("base64");
  const heard: string[] = ["", "", "", ""];
  websocket.on("message", (data: Buffer, isBinary) => {
    expect(isBinary).toBe(!base64);
    const number = base64 ? data[0]! - 0x30 : data[0]!;
    const rest = data.subarray(1);
    heard[number] += base64 ? Buffer.from(rest.toString(), "base64").toString() : rest.toString();
  });
  await once(websocket, "open");
  expect(websocket.protocol).toBe(protocol);
  websocket.send(base64 ? `0${Buffer.from("hi").toString("base64")}` : Buffer.from("\0hi"));
  const [code] = (await once(websocket, "close")) as [number];
  expect(code).toBe(1000);
  expect(heard[1]).toBe("got hi");
  const message = "command terminated with non-zero exit code: exit status 3";
  if (json) expect(JSON.parse(heard[3]!)).toMatchObject({ reason: "NonZeroExitCode", message });
  else expect(heard[3]).toBe(message);
});

test("what the target refuses is told on the error channel, or passed through by a proxy", async () => {
  const refusing = await listen(({ socket }) => {
    socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 13\r\n\r\nno such token");
    return Promise.resolve();
  });
  const run = (target: UpgradeTarget, transport: "websocket" | "spdy") =>
    runRemoteCommand(target, { stdout: new PassThrough() }, { ...context(), transport });
  const viaTranslator = await translated(refusing);
  viaTranslator.url.search = "?stdout=1";
  await expect(run(viaTranslator, "websocket")).rejects.toThrow(
    "Internal error occurred: unable to upgrade connection: no such token",
  );
  const viaProxy = await proxied(refusing);
  await expect(run(viaProxy, "spdy")).rejects.toMatchObject({
    code: 404,
    message: "no such token",
  });
  await expect(run(viaProxy, "websocket")).rejects.toMatchObject({ code: 404 });
});

test("a server that dies in the middle is an error, not a success", async () => {
  const server = await listen(async (request) => {
    const dying = serveRemoteCommand(request, optionsIn(request.req), context(), async () => {
      request.socket.destroy();
      return 0;
    });
    await dying;
  });
  for (const transport of ["websocket", "spdy"] as const) {
    const target = { url: new URL("?stdout=true", server.url) };
    await expect(
      runRemoteCommand(target, { stdout: new PassThrough() }, { ...context(), transport }),
    ).rejects.toThrow("connection was lost");
  }
  const viaTranslator = await translated(server);
  viaTranslator.url.search = "?stdout=true";
  await expect(
    runRemoteCommand(viaTranslator, { stdout: new PassThrough() }, context()),
  ).rejects.toThrow("connection was lost");
});

test("a target that is not there is an InternalError", async () => {
  const nowhere = await listen(() => Promise.resolve());
  servers[0]!.close();
  const viaProxy = await proxied(nowhere);
  await expect(
    runRemoteCommand(viaProxy, { stdout: new PassThrough() }, { ...context(), transport: "spdy" }),
  ).rejects.toMatchObject({ reason: "InternalError", code: 500 });
});

test("protocols nobody speaks are refused", async () => {
  const server = await listen((request) =>
    serveRemoteCommand(request, optionsIn(request.req), context(), () => Promise.resolve(0)),
  );
  const websocket = new WebSocket(`${server.url.href.replace("http", "ws")}?stdout=true`, ["v9.x"]);
  const [, response] = (await once(websocket, "unexpected-response")) as [unknown, IncomingMessage];
  expect(response.statusCode).toBe(403);
  response.destroy();
});
