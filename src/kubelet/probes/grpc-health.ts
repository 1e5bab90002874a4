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
    const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    return { result: "failure", output: failureText(address, timeoutMs, error) };
  }
}

function failureText(address: string, timeoutMs: number, { code, message }: GrpcError): string {
  if (code === "UNIMPLEMENTED") {
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`;
  }
  // Upstream goes on trying to connect until the time is over.
  if (code === "DEADLINE_EXCEEDED" || code === "UNAVAILABLE") {
    const within = `${timeoutMs / 1_000}s`;
    return `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded`;
  }
  return `error: health rpc probe failed: ${message}`;
}
