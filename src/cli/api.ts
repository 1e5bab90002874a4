import { existsSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { systemChance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { loadKubeconfig } from "#client/kubeconfig.ts";
import type { Transport } from "#client/transport.ts";

/** The few questions that `cox` asks of a running cluster. */

/** How the nodes stand. */
export interface NodeCount {
  readonly ready: number;
  readonly total: number;
}

/** A connection made from the administrator's kubeconfig; undefined while there is none. */
export async function connect(
  kubeconfig: string,
  clock: Clock,
): Promise<(Transport & Disposable) | undefined> {
  if (!existsSync(kubeconfig)) return undefined;
  const config = await loadKubeconfig(kubeconfig);
  return httpsTransport({ config, clock, chance: systemChance, userAgent: "cox" });
}

const askMsMax = 2_000;

/** Whether the API server says that it is ready. A server that is not there is not ready. */
export async function isReady(transport: Transport): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(askMsMax);
    const { status } = await transport.request({ method: "GET", path: "/readyz", signal });
    return status === 200;
  } catch {
    return false;
  }
}

/** Counts the nodes, and those with the condition Ready. */
export async function countNodes(transport: Transport): Promise<NodeCount> {
  const signal = AbortSignal.timeout(askMsMax);
  const { status, body } = await transport.request({
    method: "GET",
    path: "/api/v1/nodes",
    signal,
  });
  if (status !== 200) return { ready: 0, total: 0 };
  const { items } = body as { items: readonly NodeLike[] };
  return { ready: items.filter(hasReady).length, total: items.length };
}

/** Whether cluster DNS resolves the API server's own Service. */
export async function dnsAnswers(server: string, domain: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([server]);
  try {
    const found = await resolver.resolve4(`kubernetes.default.svc.${domain}`);
    return found.length > 0;
  } catch {
    return false;
  }
}

interface NodeLike {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

function hasReady(node: NodeLike): boolean {
  const conditions = node.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
