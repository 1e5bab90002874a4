import http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { pods } from "#apis/core/pod.ts";
import { seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { createClient } from "./client.ts";
import { httpsTransport } from "./https-transport.ts";

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

let scope = new AsyncDisposableStack();
afterEach(async () => {
  await scope.disposeAsync();
  scope = new AsyncDisposableStack();
});

async function connect(handler: Handler, token?: string) {
  const server = http.createServer(handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  scope.defer(() => void server.close());
  scope.defer(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const config = { server: `http://127.0.0.1:${port}`, ...(token ? { token } : {}) };
  const options = { config, clock: systemClock, chance: seededChance(1) };
  return createClient(scope.use(httpsTransport(options)));
}

function json(response: http.ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const at = { namespace: "n", name: "p" };

test("asks with the token and reads compressed answers", async () => {
  const seen: (string | undefined)[] = [];
  const client = await connect((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify({ kind: "PodList", metadata: {}, items: [{}] })));
  }, "secret");
  const list = await client.list(pods, { namespace: "n", labelSelector: "a=b,c in (d)" });
  expect(list.items).toHaveLength(1);
  expect(seen).toEqual([
    "/api/v1/namespaces/n/pods?labelSelector=a%3Db%2Cc+in+%28d%29",
    "Bearer secret",
  ]);
});

test("a Status becomes an ApiError", async () => {
  const client = await connect((_request, response) =>
    json(response, { kind: "Status", reason: "NotFound", message: "no pod", code: 404 }, 404),
  );
  await expect(client.get(pods, at)).rejects.toMatchObject({ reason: "NotFound", code: 404 });
});

test("comes back when the server asks to", async () => {
  let calls = 0;
  const client = await connect((_request, response) => {
    if (++calls > 1) return json(response, { kind: "Pod", metadata: { name: "p" } });
    response.writeHead(429, { "retry-after": "0" });
    response.end();
  });
  expect((await client.get(pods, at)).metadata.name).toBe("p");
  expect(calls).toBe(2);
});

test("a watch gives events as they come, split wherever they are", async () => {
  const client = await connect((request, response) => {
    expect(new URL(request.url!, "http://x").searchParams.get("watch")).toBe("true");
    response.writeHead(200, { "content-type": "application/json" });
    const event = (type: string, name: string) =>
      `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;
    const text = event("ADDED", "a") + event("MODIFIED", "é");
    const bytes = Buffer.from(text);
    response.write(bytes.subarray(0, 30));
    setImmediate(() => response.end(bytes.subarray(30)));
  });
  const seen: string[] = [];
  const { signal } = new AbortController();
  for await (const { type, object } of client.watch(pods, {}, signal)) {
    seen.push(`${type} ${object.metadata.name}`);
  }
  expect(seen).toEqual(["ADDED a", "MODIFIED é"]);
});

test("an ERROR in a watch is thrown", async () => {
  const client = await connect((_request, response) => {
    const object = { kind: "Status", reason: "Expired", code: 410, message: "too old" };
    json(response, { type: "ERROR", object });
  });
  const { signal } = new AbortController();
  const read = async () => {
    for await (const event of client.watch(pods, { resourceVersion: "1" }, signal)) void event;
  };
  await expect(read()).rejects.toMatchObject({ reason: "Expired" });
});

test("an aborted watch just ends", async () => {
  const stop = new AbortController();
  const client = await connect((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(`${JSON.stringify({ type: "ADDED", object: { metadata: { name: "a" } } })}\n`);
  });
  let events = 0;
  for await (const event of client.watch(pods, {}, stop.signal)) {
    expect(event.type).toBe("ADDED");
    events++;
    stop.abort();
  }
  expect(events).toBe(1);
});
