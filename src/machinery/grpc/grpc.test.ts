import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { systemClock as clock } from "#base/clock.ts";

import { parseProto } from "../protobuf/proto-text.ts";
import { connectGrpc } from "./client.ts";
import { GrpcError } from "./errors.ts";
import { checkGrpcHealth, healthTable } from "./health.ts";
import { type GrpcHandlers, serveGrpc } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "grpc-"));
afterAll(() => rmSync(folder, { recursive: true }));

const table = parseProto(
  "test.v1",
  `
service Echo {
  rpc Say(Words) returns (Words);
  rpc Count(Words) returns (stream Words);
  rpc Missing(Words) returns (Words);
}
message Words { string text = 1; int64 number = 2; repeated Mood moods = 3; map<string,Words> more = 4;
  oneof side { string left = 5; string right = 6; } }
`,
  { Mood: ["CALM", "LOUD"] },
);

let sockets = 0;
async function start(handlers: GrpcHandlers) {
  const address = `unix:${join(folder, `${sockets++}.sock`)}`;
  const server = await serveGrpc(address, table, handlers);
  const client = connectGrpc(address, table, { clock });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("a unary call over a Unix socket", async () => {
  await using echo = await start({
    Echo: { Say: (request) => Promise.resolve({ ...request, moods: ["LOUD"] }) },
  });
  const { client } = echo;
  const sent = { text: "hi", number: -3, more: { a: { text: "b" } }, left: "l" };
  expect(await client.call("Echo", "Say", sent)).toMatchObject({ ...sent, moods: ["LOUD"] });
});

test("errors keep their code and words; methods without handler are UNIMPLEMENTED", async () => {
  await using echo = await start({
    Echo: { Say: () => Promise.reject(new GrpcError("NOT_FOUND", "no such thing")) },
  });
  const { client } = echo;
  const failing = client.call("Echo", "Say", {});
  await expect(failing).rejects.toThrow(GrpcError);
  await expect(failing).rejects.toMatchObject({ code: "NOT_FOUND", message: "no such thing" });
  await expect(client.call("Echo", "Missing", {})).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
});

test("deadlines and signals end a call, at the server too", async () => {
  const aborted = Promise.withResolvers<void>();
  await using echo = await start({
    Echo: {
      Say: (_, signal) =>
        new Promise(() => signal.addEventListener("abort", () => aborted.resolve())),
    },
  });
  const { client } = echo;
  const late = client.call("Echo", "Say", {}, { timeoutMs: 30 });
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await aborted.promise;
  const controller = new AbortController();
  const call = client.call("Echo", "Say", {}, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(call).rejects.toThrow("enough");
});

test("a stream delivers in order, ends, fails and is cancelled by leaving", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using echo = await start({
    Echo: {
      async *Count(request, signal) {
        signal.addEventListener("abort", () => cancelled.resolve());
        for (let number = 1; number <= Number(request["number"]); number++) yield { number };
        if (request["text"] === "fail") throw new GrpcError("ABORTED", "midway");
        if (request["text"] === "hang") await new Promise(() => {});
      },
    },
  });
  const { client } = echo;
  const numbers: unknown[] = [];
  const collect = async (request: object) => {
    for await (const message of client.stream("Echo", "Count", request)) {
      numbers.push((message as { number: number }).number);
    }
  };
  await collect({ number: 3 });
  expect(numbers).toEqual([1, 2, 3]);
  await expect(collect({ number: 1, text: "fail" })).rejects.toMatchObject({ code: "ABORTED" });
  for await (const message of client.stream("Echo", "Count", { number: 1, text: "hang" })) {
    expect(message).toMatchObject({ number: 1 });
    break;
  }
  await cancelled.promise;
});

test("a server that is not there is UNAVAILABLE, and is found when it comes", async () => {
  const address = `unix:${join(folder, "late.sock")}`;
  using client = connectGrpc(address, table, { clock });
  await expect(client.call("Echo", "Say", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await using _ = await serveGrpc(address, table, {
    Echo: { Say: () => Promise.resolve({ text: "here" }) },
  });
  await expect
    .poll(() => client.call("Echo", "Say", {}).catch((error: GrpcError) => error.code))
    .toMatchObject({ text: "here" });
});

test("health checks name the status, or say why there is none", async () => {
  await using server = await serveGrpc("127.0.0.1:0", healthTable, {
    Health: {
      Check: ({ service }) =>
        service === "gone"
          ? Promise.reject(new GrpcError("NOT_FOUND", "unknown service"))
          : Promise.resolve({ status: service === "bad" ? "NOT_SERVING" : "SERVING" }),
    },
  });
  const check = (service: string, port = server.port) =>
    checkGrpcHealth({ host: "127.0.0.1", port, service, timeoutMs: 2_000, clock });
  expect(await check("")).toBe("SERVING");
  expect(await check("bad")).toBe("NOT_SERVING");
  await expect(check("gone")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(check("", 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
