import type { Clock } from "#base/clock.ts";
import { GrpcError } from "#machinery/grpc/errors.ts";
import { checkGrpcHealth } from "#machinery/grpc/health.ts";
import type { Outcome } from "./handlers.ts";

/** Asks a server whether a service is healthy, in a probe's words. */
export async function tryGrpc(
  clock: Clock,
  { host, port, service }: { host: string; port: number; service: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const userAgent = "kube-probe/1.36";
  try {
    const status = await checkGrpcHealth({
      host, port, service, timeoutMs, clock, signal, userAgent,
    }); // prettier-ignore
    if (status === "SERVING") return { result: "success", output: "service is healthy" };
    return { result: "failure", output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    if (!(error instanceof GrpcError) || signal.aborted) throw error;
    return { result: "failure", output: failureText(`${host}:${port}`, service, error) };
  }
}

function failureText(address: string, service: string, { code, message }: GrpcError): string {
  if (code === "UNIMPLEMENTED") {
    return "this server does not implement the grpc health protocol (grpc.health.v1.Health)";
  }
  if (code === "DEADLINE_EXCEEDED") {
    return `timeout: failed to connect service ${JSON.stringify(address)} within the deadline`;
  }
  if (code === "NOT_FOUND") return `service ${JSON.stringify(service)} is not known`;
  return `error: health rpc failed: ${message}`;
}
