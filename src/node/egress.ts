import { spawn } from "node:child_process";
import { once } from "node:events";

/** What the node's own nft table is made from. */
export interface EgressOptions {
  readonly table: string;
  readonly bridge: string;
  /** All pods of the cluster; traffic among them keeps its addresses. */
  readonly podCIDR: string;
}

/**
 * The rules for pod traffic that leaves the cluster: it takes the node's address. One rule serves
 * all pods. Adding and then deleting the table first makes the text idempotent. Pure.
 */
export function egressRules({ table, bridge, podCIDR }: EgressOptions): string {
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${podCIDR} ip daddr != ${podCIDR} ip daddr != 224.0.0.0/4 oifname != "${bridge}" counter masquerade
  }
}
`;
}

/** Feeds `rules` to nft as one transaction; throws with nft's own words. */
export async function applyRules(rules: string): Promise<void> {
  const nft = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
  const words: Buffer[] = [];
  nft.stderr.on("data", (chunk: Buffer) => words.push(chunk));
  nft.stdin.end(rules);
  const [code] = (await once(nft, "close")) as [number | null];
  if (code !== 0)
    throw new Error(`nft refused the node's rules: ${Buffer.concat(words).toString()}`);
}
