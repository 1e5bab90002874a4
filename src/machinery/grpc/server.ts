/** The one place that knows `@grpc/grpc-js` as a server, for interfaces that others call on us. */
import {
  Server,
  ServerCredentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

import { compileMessages, type MessageCodec } from "../protobuf/messages.ts";
import type { ProtoTable } from "../protobuf/proto-text.ts";
import { GrpcError, grpcCodes } from "./errors.ts";

/** What answers a method: a value, or for server-streaming methods the messages. */
export type GrpcHandler = (
  request: Record<string, unknown>,
  signal: AbortSignal,
) => Promise<object> | AsyncIterable<object>;

/** Handlers by service and method; a method without one answers UNIMPLEMENTED. */
export type GrpcHandlers = Readonly<Record<string, Readonly<Record<string, GrpcHandler>>>>;

/** Serves `handlers` on `unix:/path` or `host:port` (port 0 takes a free one). */
export async function serveGrpc(
  address: string,
  table: ProtoTable,
  handlers: GrpcHandlers,
): Promise<AsyncDisposable & { port: number }> {
  const codec = compileMessages(table, { unsafeIntegers: "round" });
  const server = new Server();
  for (const [service, methods] of Object.entries(handlers)) {
    server.addService(...definition(table, codec, service, methods));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    [Symbol.asyncDispose]: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

function definition(
  table: ProtoTable,
  codec: MessageCodec,
  service: string,
  handlers: Readonly<Record<string, GrpcHandler>>,
): [ServiceDefinition, UntypedServiceImplementation] {
  const methods: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [method, [request, response, stream]] of Object.entries(
    table.services[service] ?? {},
  )) {
    methods[method] = {
      path: `/${table.package}.${service}/${method}`,
      requestStream: false,
      responseStream: stream,
      requestSerialize: (value: object) => codec.encode(request, value) as Buffer,
      requestDeserialize: (bytes: Buffer) => codec.decode(request, bytes),
      responseSerialize: (value: object) => codec.encode(response, value) as Buffer,
      responseDeserialize: (bytes: Buffer) => codec.decode(response, bytes),
    };
    const handler = handlers[method];
    if (handler) implementation[method] = stream ? streaming(handler) : unary(handler);
  }
  return [methods, implementation];
}

function unary(handler: GrpcHandler): handleUnaryCall<Record<string, unknown>, object> {
  return (call, answer) => {
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    (handler(call.request, gone.signal) as Promise<object>).then(
      (response) => answer(null, response),
      (error: unknown) => answer(statusOf(error)),
    );
  };
}

function streaming(
  handler: GrpcHandler,
): handleServerStreamingCall<Record<string, unknown>, object> {
  return (call) => {
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    void (async () => {
      try {
        for await (const message of handler(call.request, gone.signal) as AsyncIterable<object>) {
          if (gone.signal.aborted) return;
          call.write(message);
        }
        call.end();
      } catch (error) {
        call.emit("error", statusOf(error));
      }
    })();
  };
}

function statusOf(error: unknown): { code: number; details: string } {
  const code = error instanceof GrpcError ? error.code : "UNKNOWN";
  const details = error instanceof Error ? error.message : String(error);
  return { code: grpcCodes.indexOf(code), details };
}
