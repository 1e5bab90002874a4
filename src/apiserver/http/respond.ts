import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Logger } from "#base/log.ts";
import { limits } from "../limits.ts";
import type { ApiResponse, ByteSink } from "../response.ts";
import type { NodeRequest } from "./node-request.ts";

const compress = promisify(gzip);

/** A response of either HTTP version; the compatible part is all that is used. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The two versions' types differ where nothing is written. */
function asPlain(response: NodeResponse): ServerResponse {
  return response as ServerResponse;
}

/** Writes an answer. Resolves when it is written; watches and streams go on until they end. */
export async function respond(
  request: NodeRequest,
  response: NodeResponse,
  answer: ApiResponse,
  log: Logger,
): Promise<void> {
  const { status, headers, body } = answer;
  switch (body.kind) {
    case "bytes": {
      const { bytes } = body;
      if (bytes.length >= limits.gzipFromBytes && acceptsGzip(request)) {
        const packed = await compress(bytes, { level: 1 });
        headers["content-encoding"] = "gzip";
        headers["vary"] = "Accept-Encoding";
        return writeBytes(request, response, status, headers, packed);
      }
      return writeBytes(request, response, status, headers, bytes);
    }
    case "chunks":
      if (acceptsGzip(request)) {
        const whole = { kind: "bytes", bytes: Buffer.concat(body.chunks) } as const;
        return respond(request, response, { status, headers, body: whole }, log);
      }
      return writeChunks(request, response, status, headers, body.chunks);
    case "none":
      return writeBytes(request, response, status, headers, undefined);
    case "object":
      headers["content-type"] ??= "application/json";
      return writeBytes(
        request,
        response,
        status,
        headers,
        Buffer.from(JSON.stringify(body.object)),
      );
    case "watch":
      asPlain(response).writeHead(status, headers);
      return writeWatch(response, (sink) => body.start(sink));
    case "stream":
      asPlain(response).writeHead(status, headers);
      return writeStream(response, body.stream, log);
    default:
      // Events are for in-process callers, upgrades for upgrade requests.
      return writeBytes(request, response, 400, {}, Buffer.from("Upgrade request required\n"));
  }
}

function acceptsGzip({ headers }: NodeRequest): boolean {
  const accepted = headers["accept-encoding"];
  return accepted !== undefined && /(^|[\s,])gzip\s*($|[,;])/.test(accepted);
}

function writeBytes(
  { method }: NodeRequest,
  response: NodeResponse,
  status: number,
  headers: ApiResponse["headers"],
  bytes: Uint8Array | undefined,
): void {
  if (bytes) headers["content-length"] = String(bytes.length);
  headers["cache-control"] ??= "no-cache, private";
  const plain = asPlain(response);
  plain.writeHead(status, headers);
  if (bytes && method !== "HEAD") plain.end(bytes);
  else plain.end();
}

/** One part after the other, as fast as the client takes them. */
async function writeChunks(
  { method }: NodeRequest,
  response: NodeResponse,
  status: number,
  headers: ApiResponse["headers"],
  chunks: readonly Uint8Array[],
): Promise<void> {
  const plain = asPlain(response);
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  headers["content-length"] = String(size);
  headers["cache-control"] ??= "no-cache, private";
  plain.writeHead(status, headers);
  for (const chunk of method === "HEAD" ? [] : chunks) {
    if (plain.destroyed) return;
    if (!plain.write(chunk)) await drained(plain);
  }
  plain.end();
}

function writeWatch(response: NodeResponse, start: (sink: ByteSink) => Disposable): void {
  const plain = asPlain(response);
  plain.flushHeaders();
  let isOver = false;
  let running: Disposable | undefined;
  const sink: ByteSink = {
    write: (bytes) => {
      if (!isOver) plain.write(bytes);
    },
    get backlogBytes() {
      return plain.writableLength;
    },
    end: () => {
      if (isOver) return;
      isOver = true;
      plain.end();
    },
  };
  plain.on("close", () => {
    isOver = true;
    running?.[Symbol.dispose]();
  });
  running = start(sink);
}

async function writeStream(
  response: NodeResponse,
  stream: AsyncIterable<Uint8Array>,
  log: Logger,
): Promise<void> {
  const plain = asPlain(response);
  plain.flushHeaders();
  try {
    for await (const bytes of stream) {
      if (plain.destroyed) return;
      if (!plain.write(bytes)) await drained(plain);
    }
    plain.end();
  } catch (error) {
    log.debug("stream ended", { error });
    plain.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
