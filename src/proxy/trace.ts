import { addressKey, type Action, type Match, portKey, type Ruleset } from "./ruleset.ts";

/** Follows a packet through a planned ruleset, for tests: what would the kernel do with it? */

export interface Packet {
  from: string;
  to: string;
  protocol?: string;
  port: number;
  /** Whether it starts on this node (else it comes in from outside). */
  fromNode?: boolean;
  /** Addresses of this node. */
  nodeAddresses?: readonly string[];
}

export interface Trace {
  verdict: "accept" | "reject" | "drop";
  /** Where it may end up: `address:port`, sorted. */
  dnat: string[];
  masquerade: boolean;
}

interface Walk {
  ruleset: Ruleset;
  packet: Required<Packet>;
  dnat: Set<string>;
  marked: boolean;
}

type Step = "continue" | "stop" | "reject" | "drop";

/** The fate of the first packet of a connection. */
export function trace(ruleset: Ruleset, given: Packet): Trace {
  const packet = { protocol: "tcp", fromNode: false, nodeAddresses: [], ...given };
  const walk: Walk = { ruleset, packet, dnat: new Set(), marked: false };
  run(walk, packet.fromNode ? "nat-output" : "nat-prerouting");
  const dnat = [...walk.dnat].toSorted();
  if (dnat.length === 0) {
    const toNode = packet.nodeAddresses.includes(packet.to);
    const filter = toNode ? "filter-input" : packet.fromNode ? "filter-output" : "filter-forward";
    const step = run(walk, filter);
    if (step === "reject" || step === "drop") return { verdict: step, dnat, masquerade: false };
  }
  return { verdict: "accept", dnat, masquerade: walk.marked };
}

function run(walk: Walk, name: string): Step {
  const chain = walk.ruleset.chains.get(name);
  if (!chain) throw new Error(`the ruleset has no chain ${name}`);
  for (const { matches, action } of chain.rules) {
    if (!matches.every((match) => holds(walk, match))) continue;
    const step = act(walk, action);
    if (step !== "continue") return step;
  }
  return "continue";
}

function act(walk: Walk, action: Action): Step {
  const { packet, ruleset } = walk;
  switch (action.do) {
    case "jump":
      return run(walk, action.chain);
    case "goto": {
      const step = run(walk, action.chain);
      return step === "continue" ? "stop" : step;
    }
    case "random": {
      const steps = action.chains.map((chain) => run(walk, chain));
      return steps[0] ?? "stop";
    }
    case "lookup": {
      const key =
        action.by === "address"
          ? addressKey(packet.to, packet.protocol, packet.port)
          : portKey(packet.protocol, packet.port);
      const verdict = ruleset.maps.get(action.map)?.elements.get(key);
      if (verdict === undefined) return "continue";
      return act(walk, { do: "goto", chain: verdict.replace(/^goto /, "") });
    }
    case "dnat":
      walk.dnat.add(`${action.address}:${action.port}`);
      return "stop";
    case "mark":
      walk.marked = true;
      return "continue";
    case "reject":
    case "drop":
      return action.do;
    case "return":
      return "stop";
    case "unmark":
    case "masquerade":
    case "remember":
      return "continue";
  }
}

function holds({ packet, ruleset }: Walk, match: Match): boolean {
  switch (match.on) {
    case "source":
      if ("is" in match) return within(packet.from, match.is);
      if ("isNot" in match) return !within(packet.from, match.isNot);
      if ("notIn" in match) return !match.notIn.some((range) => within(packet.from, range));
      return ruleset.sets.get(match.inSet)?.elements.has(packet.from) ?? false;
    case "sourceType":
      return packet.nodeAddresses.includes(packet.from);
    case "destination":
      if ("is" in match) return within(packet.to, match.is);
      return ruleset.sets.get(match.inSet)?.elements.has(packet.to) ?? false;
    case "protocol":
      return packet.protocol === match.is;
    case "port":
      return packet.protocol === match.protocol && packet.port === match.is;
    case "connection":
      return true;
    case "mark":
      return true;
  }
}

function within(address: string, range: string): boolean {
  const [base = "", bits = "32"] = range.split("/");
  const shift = 32 - Number(bits);
  return shift === 32 || number(address) >>> shift === number(base) >>> shift;
}

function number(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}
