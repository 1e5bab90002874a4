import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import { connect as connectTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { createAuthority, issueCertificate, type KeyPair } from "#machinery/certificates/x509.ts";
import { ApiError } from "#machinery/errors.ts";
import { limits } from "../limits.ts";
import type { ApiRequest } from "../request.ts";
import { type ApiResponse, type ByteSink, bytesResponse, textResponse } from "../response.ts";
import { HttpsServer } from "./server.ts";

const validity = { notBefore: new Date(0), notAfter: new Date(Date.UTC(2100, 0, 1)) };
const chance = seededChance(3);
const agent = new Agent({ keepAlive: true });

let authority: KeyPair;
let server: HttpsServer;
let clock: VirtualClock;
let handle: (request: ApiRequest) => Promise<ApiResponse>;

async function certificateFor(commonName: string, usage: "server" | "client") {
  const addresses = ["127.0.0.1"];
  const request = { commonName, organizations: ["crew"], addresses, usages: [usage], ...validity };
  const { certificate, key } = await issueCertificate(authority, request, chance);
  return { cert: certificate, key };
}

beforeAll(async () => {
  authority = await createAuthority("test", validity, chance);
});

beforeEach(async () => {
  clock = new VirtualClock();
  server = await HttpsServer.listen({
    handle: (request) => handle(request),
    clock,
    log: silentLogger,
    certificate: await certificateFor("first", "server"),
    clientCa: authority.certificate,
    host: "127.0.0.1",
    port: 0,
  });
});

afterEach(() => server[Symbol.asyncDispose]());
afterAll(() => agent.destroy());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

function call(options: RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = { host: "127.0.0.1", port: server.address.port, ca: authority.certificate };
  const outgoing = httpsRequest({ ...target, agent, ...options }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", reject);
    incoming.on("end", () => {
      const { statusCode: status, headers } = incoming;
      resolve({ status, headers, body: Buffer.concat(chunks) });
    });
  });
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

test("HTTP/1.1 and HTTP/2 reach the same handler", async () => {
  handle = async ({ method, path, query }) =>
    textResponse(200, `${method} ${path} ${query.get("watch")}`);
  const first = await call({ path: "/api?watch=1" });
  expect([first.status, first.body.toString()]).toEqual([200, "GET /api 1"]);

  const ca = authority.certificate;
  const session = connectHttp2(`https://127.0.0.1:${server.address.port}`, { ca });
  const stream = session.request({ ":path": "/apis" });
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  expect(text).toBe("GET /apis null");
  session.close();
});

test("a client certificate tells who calls", async () => {
  handle = async ({ peer }) =>
    textResponse(200, peer ? `${peer.commonName} of ${peer.organizations.join()}` : "nobody");
  const alice = await certificateFor("alice", "client");
  expect((await call({ ...alice, agent: false })).body.toString()).toBe("alice of crew");
  expect((await call()).body.toString()).toBe("nobody");
});

test("large answers are compressed for those who accept it, whole or in parts", async () => {
  const bytes = Buffer.alloc(200_000, "abc");
  const parts = [bytes.subarray(0, 1_000), bytes.subarray(1_000)];
  const zip = { headers: { "accept-encoding": "gzip, br" } };
  for (const body of [
    { kind: "bytes", bytes } as const,
    { kind: "chunks", chunks: parts } as const,
  ]) {
    handle = async () => ({ status: 200, headers: {}, body });
    const plain = await call();
    expect(plain.headers["content-length"]).toBe("200000");
    expect(plain.body.equals(bytes)).toBe(true);
    const packed = await call(zip);
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.body.length).toBeLessThan(2_000);
    expect(gunzipSync(packed.body).equals(bytes)).toBe(true);
  }
  handle = async () => bytesResponse(200, "text/plain", bytes.subarray(0, 1_000));
  expect((await call(zip)).headers["content-encoding"]).toBeUndefined();
});

/** Answers with how many bytes came, or what was wrong with them. */
async function measure(request: ApiRequest): Promise<ApiResponse> {
  try {
    const bytes = (await request.body()) as Uint8Array;
    return textResponse(200, String(bytes.length));
  } catch (error) {
    return textResponse(ApiError.from(error).code, ApiError.from(error).message);
  }
}

test("bodies up to the limit are taken, larger ones refused", async () => {
  handle = measure;
  const most = Buffer.alloc(limits.requestBodyBytesMax);
  expect((await call({ method: "POST" }, most)).body.toString()).toBe(String(most.length));
  const refused = await call({ method: "POST" }, Buffer.concat([most, Buffer.alloc(1)]));
  expect(refused.status).toBe(413);
});

test("a body that does not arrive is given up", async () => {
  const asked = Promise.withResolvers<void>();
  handle = (request) => {
    asked.resolve();
    return measure(request);
  };
  const target = { port: server.address.port, host: "127.0.0.1", ca: authority.certificate };
  const socket = connectTls(target);
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  await asked.promise;
  await clock.advance(limits.requestBodyMs);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(String(first)).toMatch(/^HTTP\/1.1 504 /);
  socket.destroy();
});

test("what is no HTTP is refused and the connection closed", async () => {
  for (const [sent, told] of [
    ["GET / NONSENSE\r\n\r\n", "400 Bad Request"],
    ["FROB / HTTP/1.1\r\nhost: x\r\n\r\n", "405 Method Not Allowed"],
  ] as const) {
    const target = { port: server.address.port, host: "127.0.0.1", ca: authority.certificate };
    const socket = connectTls(target, () => socket.write(sent));
    const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
    expect(text).toContain(told);
  }
});

test("a new certificate serves new connections while open ones go on", async () => {
  handle = async () => textResponse(200, "ok");
  const subject = () =>
    new Promise<string>((resolve) => {
      const target = { port: server.address.port, host: "127.0.0.1", ca: authority.certificate };
      const socket = connectTls(target, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
    });
  await call();
  expect(await subject()).toBe("first");
  server.useCertificate(await certificateFor("second", "server"));
  expect(await subject()).toBe("second");
  expect((await call()).status).toBe(200);
});

test("stopping ends watches and lets other requests finish", async () => {
  let sink: ByteSink | undefined;
  let isDisposed = false;
  const begun = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  handle = async ({ path }) => {
    if (path === "/slow") {
      begun.resolve();
      await mayAnswer.promise;
      return textResponse(200, "done");
    }
    const start = (to: ByteSink): Disposable => {
      sink = to;
      to.write(Buffer.from("event\n"));
      return { [Symbol.dispose]: () => void (isDisposed = true) };
    };
    return { status: 200, headers: {}, body: { kind: "watch", start } };
  };
  const watch = call({ path: "/watch", agent: false });
  await expect.poll(() => sink).toBeDefined();
  const slow = call({ path: "/slow", agent: false });
  await begun.promise;
  const stopped = server[Symbol.asyncDispose]();
  expect((await watch).body.toString()).toBe("event\n");
  expect(isDisposed).toBe(true);
  mayAnswer.resolve();
  expect((await slow).body.toString()).toBe("done");
  await stopped;
});
