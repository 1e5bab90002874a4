import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import type { UpgradeTarget } from "#machinery/streaming/http-upgrade.ts";

/** Sends a request on and resolves with the answer, its body not yet read. */
export function fetchFrom(
  { url, tls }: UpgradeTarget,
  ask: { method: string; headers: OutgoingHttpHeaders; body?: Uint8Array; signal: AbortSignal },
): Promise<IncomingMessage> {
  const { method, headers, body, signal } = ask;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const outgoing = send(url, { method, headers, signal, ...tls }, resolve);
    outgoing.on("error", reject);
    if (body && body.length > 0) outgoing.end(body);
    else outgoing.end();
  });
}

/** What a short answer says; cut off beyond `bytesMax`. */
export async function textOf(message: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString();
}
