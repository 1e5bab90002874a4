/**
 * The one place that knows `@grpc/grpc-js` as a client: unary and server-streaming calls of an interface
 * that is given as data, over a Unix socket or plain TCP.
 */
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

import type { Clock } from "#base/clock.ts";

import { compileMessages, type MessageOptions } from "../protobuf/messages.ts";
import type { ProtoTable } from "../protobuf/proto-text.ts";
import { GrpcError, grpcCodes } from "./errors.ts";

export interface GrpcClientOptions extends MessageOptions {
  clock: Clock;
  /** Bytes of one message received. Default 16 MiB, as upstream's kubelet takes. */
  messageBytesMax?: number;
  userAgent?: string;
}

export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED. Default: none. */
  timeoutMs?: number;
  /** Cancels the call; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Calls the methods of one interface. Disposing it closes the connection. */
export interface GrpcClient extends Disposable {
  /** Throws GrpcError for every status but OK, and for an unreachable server. */
  call(service: string, method: string, request: object, options?: CallOptions): Promise<object>;
  /** Ends when the server does; throws GrpcError as `call` does. Leaving the loop cancels. */
  stream(
    service: string,
    method: string,
    request: object,
    options?: CallOptions,
  ): AsyncGenerator<object, void, undefined>;
}

const defaultMessageBytesMax = 16 * 1024 * 1024;

/**
 * Connects to `address`: `unix:/path/to.sock`, or `host:port` without TLS. Connecting happens at the first
 * call, and again whenever the connection is lost.
 */
export function connectGrpc(
  address: string,
  table: ProtoTable,
  options: GrpcClientOptions,
): GrpcClient {
  const codec = compileMessages(table, options);
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.max_receive_message_length": options.messageBytesMax ?? defaultMessageBytesMax,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 3_000,
    ...(options.userAgent === undefined ? {} : { "grpc.primary_user_agent": options.userAgent }),
  });
  function prepare(service: string, method: string, { timeoutMs }: CallOptions) {
    const entry = table.services[service]?.[method];
    if (!entry) throw new Error(`no method ${service}/${method} in the interface`);
    const [request, response] = entry;
    return [
      `/${table.package}.${service}/${method}`,
      (value: object) => codec.encode(request, value) as Buffer,
      (bytes: Buffer) => codec.decode(response, bytes),
      timeoutMs === undefined ? {} : { deadline: options.clock.now() + timeoutMs },
    ] as const;
  }
  return {
    call(service, method, request, call = {}) {
      const [path, encode, decode, rest] = prepare(service, method, call);
      return new Promise((resolve, reject) => {
        const { signal } = call;
        if (signal?.aborted) return reject(signal.reason);
        const abort = (): void => running.cancel();
        const running = client.makeUnaryRequest(
          path, encode, decode, request, new Metadata(), rest,
          (error, response) => {
            signal?.removeEventListener("abort", abort);
            if (error) reject(signal?.aborted ? signal.reason : grpcError(error));
            else resolve(response ?? {});
          },
        ); // prettier-ignore
        signal?.addEventListener("abort", abort, { once: true });
        return undefined;
      });
    },
    async *stream(service, method, request, call = {}) {
      const [path, encode, decode, rest] = prepare(service, method, call);
      const { signal } = call;
      signal?.throwIfAborted();
      const running = client.makeServerStreamRequest(path, encode, decode, request, rest);
      const abort = (): void => running.cancel();
      signal?.addEventListener("abort", abort, { once: true });
      try {
        for await (const message of running) yield message as object;
      } catch (error) {
        signal?.throwIfAborted();
        throw grpcError(error as ServiceError);
      } finally {
        signal?.removeEventListener("abort", abort);
        running.cancel();
      }
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function grpcError(error: ServiceError): GrpcError {
  return new GrpcError(grpcCodes[error.code] ?? "UNKNOWN", error.details ?? error.message, {
    cause: error,
  });
}
