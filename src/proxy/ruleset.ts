/**
 * An nftables ruleset as data: what the plan makes, the renderer writes, and the tracer follows in
 * tests. Only what the proxy uses; see nft(8).
 */

export type Match =
  | { on: "source"; is: string }
  | { on: "source"; isNot: string }
  | { on: "source"; inSet: string }
  | { on: "source"; notIn: readonly string[] }
  | { on: "sourceType"; is: "local" }
  | { on: "destination"; is: string }
  | { on: "destination"; inSet: string }
  | { on: "protocol"; is: string }
  | { on: "port"; protocol: string; is: number }
  | { on: "connection"; is: "new" }
  | { on: "mark"; set: boolean };

export type Action =
  | { do: "jump" | "goto"; chain: string }
  | { do: "return" | "drop" | "reject" | "masquerade" | "mark" | "unmark" }
  | { do: "dnat"; protocol: string; address: string; port: number }
  /** One of the chains at random. */
  | { do: "random"; chains: readonly string[] }
  /** Looks up destination, protocol and port (or protocol and port alone) in a map of verdicts. */
  | { do: "lookup"; map: string; by: "address" | "port" }
  /** Remembers the source address in a set. */
  | { do: "remember"; set: string };

export interface Rule {
  readonly matches: readonly Match[];
  readonly action: Action;
}

export interface Hook {
  readonly type: "nat" | "filter";
  readonly hook: "prerouting" | "input" | "forward" | "output" | "postrouting";
  readonly priority: number;
}

export interface Chain {
  readonly hook?: Hook;
  readonly rules: readonly Rule[];
}

/** A verdict map: `10.96.0.1 . tcp . 443` → `goto chain`. */
export interface VerdictMap {
  readonly key: "address" | "port";
  readonly elements: ReadonlyMap<string, string>;
}

export interface AddressSet {
  /** Seconds until an element is forgotten; undefined: fixed elements, managed by the plan. */
  readonly timeoutSeconds?: number;
  readonly elements: ReadonlySet<string>;
}

export interface Ruleset {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly maps: ReadonlyMap<string, VerdictMap>;
  readonly sets: ReadonlyMap<string, AddressSet>;
}

export const emptyRuleset: Ruleset = { chains: new Map(), maps: new Map(), sets: new Map() };

/** A map's key for an address, protocol and port. */
export function addressKey(address: string, protocol: string, port: number): string {
  return `${address} . ${protocol} . ${port}`;
}

/** A map's key for a protocol and port. */
export function portKey(protocol: string, port: number): string {
  return `${protocol} . ${port}`;
}
