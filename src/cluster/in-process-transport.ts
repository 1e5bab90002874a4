import type { ApiRequest } from "#apiserver/request.ts";
import type { ApiResponse, ResponseBody } from "#apiserver/response.ts";
import type {
  ApiAnswer,
  ApiCall,
  RawWatchEvent,
  StreamAnswer,
  Transport,
} from "#client/transport.ts";
import { ApiError, type Status } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";

/** What answers requests: an API server in the same process. */
export interface RequestHandler {
  handle(request: ApiRequest): Promise<ApiResponse>;
}

const never = new AbortController().signal;

/**
 * Calls an API server in the same process, as `user`: the same pipeline as over HTTPS, without
 * sockets and re-encoding. Objects go by reference both ways; what comes out is shared.
 */
export function inProcessTransport(server: RequestHandler, user: UserInfo): Transport {
  const send = (call: ApiCall, wantsObjects: boolean): Promise<ApiResponse> =>
    server.handle({
      method: call.method,
      path: call.path,
      query: call.query ?? new URLSearchParams(),
      headers: {
        accept: call.accept ?? "application/json",
        "content-type": call.contentType ?? "application/json",
        "user-agent": user.name,
      },
      body: () => Promise.resolve(call.body),
      signal: call.signal ?? never,
      user,
      wantsObjects,
    });
  return {
    async request(call): Promise<ApiAnswer> {
      const { status, headers, body } = await send(call, true);
      return { status, headers, body: await wholeBody(body, headers["content-type"]) };
    },
    async stream(call): Promise<StreamAnswer> {
      const { status, headers, body } = await send(call, false);
      if (status >= 300) throw await refusal(status, body, headers["content-type"]);
      return { status, headers, body: bytesOf(body) };
    },
    async *watch(call): AsyncGenerator<RawWatchEvent, void, undefined> {
      if (call.signal?.aborted) return;
      const { status, headers, body } = await send(call, true);
      if (body.kind !== "events") throw await refusal(status, body, headers["content-type"]);
      yield* body.events;
    },
  };
}

async function wholeBody(
  body: ResponseBody,
  type: string | string[] | undefined,
): Promise<unknown> {
  if (body.kind === "none") return undefined;
  if (body.kind === "object") return body.object;
  const text = await textOf(body);
  return String(type).startsWith("application/json") ? JSON.parse(text) : text;
}

async function textOf(body: ResponseBody): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytesOf(body)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* bytesOf(body: ResponseBody): AsyncGenerator<Uint8Array, void, undefined> {
  if (body.kind === "bytes") yield body.bytes;
  else if (body.kind === "chunks") yield* body.chunks;
  else if (body.kind === "stream") yield* body.stream;
  else if (body.kind === "object") yield Buffer.from(JSON.stringify(body.object));
  else if (body.kind !== "none") throw new Error(`an in-process call cannot take ${body.kind}`);
}

async function refusal(
  status: number,
  body: ResponseBody,
  type: string | string[] | undefined,
): Promise<ApiError> {
  const told = await wholeBody(body, type);
  const isStatus = typeof told === "object" && told !== null && (told as Status).kind === "Status";
  if (isStatus) return ApiError.fromStatus(told, status);
  return new ApiError("", typeof told === "string" ? told : "", { code: status });
}
