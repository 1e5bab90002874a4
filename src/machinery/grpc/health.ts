/** A client of gRPC's health checking protocol, for `grpc` probes. */
import type { Clock } from "#base/clock.ts";

import { parseProto, type ProtoTable } from "../protobuf/proto-text.ts";
import { connectGrpc } from "./client.ts";

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const healthTable: ProtoTable = parseProto(
  "grpc.health.v1",
  `
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { ServingStatus status = 1; }
`,
  { ServingStatus: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] },
);

/**
 * Asks `host:port` how `service` ("" is the whole server) is. Resolves with the status that the server
 * names; throws GrpcError for one that cannot be reached (UNAVAILABLE), is too slow (DEADLINE_EXCEEDED), or
 * does not know the protocol (UNIMPLEMENTED).
 */
export async function checkGrpcHealth(options: {
  host: string;
  port: number;
  service?: string;
  timeoutMs: number;
  clock: Clock;
  signal?: AbortSignal;
  userAgent?: string;
}): Promise<string> {
  const { host, port, service = "", timeoutMs, clock, signal, userAgent } = options;
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  using client = connectGrpc(address, healthTable, { clock, ...(userAgent && { userAgent }) });
  const call = { timeoutMs, ...(signal && { signal }) };
  const answer = await client.call("Health", "Check", { service }, call);
  return (answer as { status: string }).status;
}
