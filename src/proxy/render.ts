import type { Action, Chain, Match, Rule, Ruleset } from "./ruleset.ts";

/**
 * Rulesets as nft commands: only what differs from what is there already, as one transaction. What
 * went away is deleted in a second one, when nothing refers to it any more.
 */

/** The packet mark that asks for masquerading, as kube-proxy's. */
const masqueradeMark = "0x4000";

export interface Commands {
  /** Applied first, atomically. */
  change: string[];
  /** Applied after that. */
  clean: string[];
}

/** From `old` (what the table holds) to `next`. With `reset`, whatever the table holds is dropped. */
export function renderChanges(
  table: string,
  old: Ruleset,
  next: Ruleset,
  reset: boolean,
): Commands {
  const change: string[] = [];
  if (reset) change.push(`add table ${table}`, `delete table ${table}`);
  change.push(`add table ${table}`);
  change.push(...addSets(table, old, next), ...addMaps(table, old, next));
  const changed = [...next.chains].filter(([name, chain]) => differs(old.chains.get(name), chain));
  for (const [name, chain] of changed) change.push(`add chain ${table} ${name}${hookOf(chain)}`);
  for (const [name, chain] of changed) {
    if (old.chains.has(name)) change.push(`flush chain ${table} ${name}`);
    for (const rule of chain.rules) change.push(`add rule ${table} ${name} ${renderRule(rule)}`);
  }
  change.push(...mapChanges(table, old, next), ...setChanges(table, old, next));
  const gone = [...old.chains.keys()].filter((name) => !next.chains.has(name));
  const goneSets = [...old.sets.keys()].filter((name) => !next.sets.has(name));
  const clean = [
    ...gone.map((name) => `flush chain ${table} ${name}`),
    ...gone.map((name) => `delete chain ${table} ${name}`),
    ...goneSets.map((name) => `delete set ${table} ${name}`),
  ];
  // Only the table itself: nothing to do.
  return { change: change.length === 1 && !reset ? [] : change, clean };
}

const known = new WeakMap<Chain, string>();

function textOf(chain: Chain): string {
  let text = known.get(chain);
  if (text === undefined) {
    text = chain.rules.map(renderRule).join("\n");
    known.set(chain, text);
  }
  return text;
}

function differs(old: Chain | undefined, next: Chain): boolean {
  return old === undefined || textOf(old) !== textOf(next);
}

function hookOf({ hook }: Chain): string {
  if (!hook) return "";
  return ` { type ${hook.type} hook ${hook.hook} priority ${hook.priority} ; }`;
}

function addSets(table: string, old: Ruleset, next: Ruleset): string[] {
  return [...next.sets]
    .filter(([name]) => !old.sets.has(name))
    .map(([name, { timeoutSeconds }]) => {
      const options =
        timeoutSeconds === undefined
          ? "type ipv4_addr ;"
          : `type ipv4_addr ; flags dynamic,timeout ; timeout ${timeoutSeconds}s ;`;
      return `add set ${table} ${name} { ${options} }`;
    });
}

function addMaps(table: string, old: Ruleset, next: Ruleset): string[] {
  return [...next.maps]
    .filter(([name]) => !old.maps.has(name))
    .map(([name, { key }]) => {
      const type =
        key === "address" ? "ipv4_addr . inet_proto . inet_service" : "inet_proto . inet_service";
      return `add map ${table} ${name} { type ${type} : verdict ; }`;
    });
}

function mapChanges(table: string, old: Ruleset, next: Ruleset): string[] {
  const commands: string[] = [];
  for (const [name, { elements }] of next.maps) {
    const before = old.maps.get(name)?.elements ?? new Map<string, string>();
    for (const [key, verdict] of before) {
      if (elements.get(key) === verdict) continue;
      commands.push(`delete element ${table} ${name} { ${key} }`);
    }
    for (const [key, verdict] of elements) {
      if (before.get(key) === verdict) continue;
      commands.push(`add element ${table} ${name} { ${key} : ${verdict} }`);
    }
  }
  return commands;
}

function setChanges(table: string, old: Ruleset, next: Ruleset): string[] {
  const commands: string[] = [];
  for (const [name, { elements }] of next.sets) {
    const before = old.sets.get(name)?.elements ?? new Set<string>();
    for (const gone of before.difference(elements)) {
      commands.push(`delete element ${table} ${name} { ${gone} }`);
    }
    for (const added of elements.difference(before)) {
      commands.push(`add element ${table} ${name} { ${added} }`);
    }
  }
  return commands;
}

/** One rule in nft's language. */
export function renderRule({ matches, action }: Rule): string {
  return [...matches.map(renderMatch), renderAction(action)].join(" ");
}

function renderMatch(match: Match): string {
  switch (match.on) {
    case "source":
      if ("is" in match) return `ip saddr ${match.is}`;
      if ("isNot" in match) return `ip saddr != ${match.isNot}`;
      if ("inSet" in match) return `ip saddr @${match.inSet}`;
      return `ip saddr != { ${match.notIn.join(", ")} }`;
    case "sourceType":
      return `fib saddr type ${match.is}`;
    case "destination":
      return "is" in match ? `ip daddr ${match.is}` : `ip daddr @${match.inSet}`;
    case "protocol":
      return `meta l4proto ${match.is}`;
    case "port":
      return `${match.protocol} dport ${match.is}`;
    case "connection":
      return `ct state ${match.is}`;
    case "mark":
      return `meta mark & ${masqueradeMark} ${match.set ? "!=" : "=="} 0`;
  }
}

function renderAction(action: Action): string {
  switch (action.do) {
    case "jump":
    case "goto":
      return `${action.do} ${action.chain}`;
    case "return":
    case "drop":
    case "reject":
      return action.do;
    case "masquerade":
      return "masquerade fully-random";
    case "mark":
      return `meta mark set meta mark or ${masqueradeMark}`;
    case "unmark":
      return `meta mark set meta mark xor ${masqueradeMark}`;
    case "dnat":
      return `meta l4proto ${action.protocol} dnat to ${action.address}:${action.port}`;
    case "random": {
      const { chains } = action;
      if (chains.length === 1) return `goto ${chains[0]}`;
      const targets = chains.map((chain, i) => `${i} : goto ${chain}`).join(", ");
      return `numgen random mod ${chains.length} vmap { ${targets} }`;
    }
    case "lookup":
      return action.by === "address"
        ? `ip daddr . meta l4proto . th dport vmap @${action.map}`
        : `meta l4proto . th dport vmap @${action.map}`;
    case "remember":
      return `update @${action.set} { ip saddr }`;
  }
}
