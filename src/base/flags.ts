import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/**
 * Flags declared once: from one table come parsing, defaults, types and the help text. Names are
 * upstream's wherever upstream has the flag.
 */
export type Flag =
  | {
      readonly type: "string";
      readonly default?: string;
      readonly value: string;
      readonly doc: string;
    }
  | {
      readonly type: "integer";
      readonly default?: number;
      readonly value: string;
      readonly doc: string;
    }
  | { readonly type: "boolean"; readonly default?: boolean; readonly doc: string }
  /** Given once with commas, or several times. */
  | {
      readonly type: "list";
      readonly default?: readonly string[];
      readonly value: string;
      readonly doc: string;
    };

export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { type: "string" }
  ? string
  : F extends { type: "integer" }
    ? number
    : F extends { type: "boolean" }
      ? boolean
      : readonly string[];

/** The values of a table: those with a default are always there. */
export type FlagValues<T extends FlagTable> = {
  readonly [K in keyof T]: T[K] extends { default: unknown }
    ? ValueOf<T[K]>
    : ValueOf<T[K]> | undefined;
};

/** A mistake on the command line; the message says which, and what to do. */
export class FlagError extends Error {
  override name = "FlagError";
}

/**
 * The values in `argv` (`--name=value`, `--name value`, `--switch`).
 * @throws FlagError for unknown flags, values that do not fit, and words that are no flags.
 */
export function parseFlags<T extends FlagTable>(table: T, argv: readonly string[]): FlagValues<T> {
  const options: ParseArgsOptionsConfig = {};
  for (const [name, { type }] of Object.entries(table)) {
    options[name] = { type: type === "boolean" ? "boolean" : "string", multiple: type === "list" };
  }
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new FlagError(`unexpected ${JSON.stringify(token.value)}: options begin with --`);
    }
    if (token.kind !== "option") continue;
    const flag = table[token.name];
    if (!flag) throw new FlagError(unknownFlag(table, token.rawName));
    const value = token.value ?? (flag.type === "boolean" ? "true" : undefined);
    if (value === undefined) throw new FlagError(`${token.rawName} needs a value`);
    given.set(token.name, [...(given.get(token.name) ?? []), value]);
  }
  const values = Object.entries(table).map(([name, flag]) => {
    const texts = given.get(name);
    return [name, texts ? valueOf(name, flag, texts) : flag.default];
  });
  return Object.fromEntries(values) as FlagValues<T>;
}

/** One line per flag, aligned, with its default. */
export function flagHelp(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => {
    const head = flag.type === "boolean" ? `--${name}` : `--${name}=${flag.value}`;
    const fallback =
      flag.default === undefined || flag.default === false
        ? ""
        : ` (default ${String(flag.default)})`;
    return [head, `${flag.doc}${fallback}`] as const;
  });
  const width = Math.max(...rows.map(([head]) => head.length));
  return rows.map(([head, doc]) => `  ${head.padEnd(width)}  ${doc}`).join("\n");
}

function valueOf(name: string, flag: Flag, texts: readonly string[]): unknown {
  const last = texts.at(-1)!;
  switch (flag.type) {
    case "string":
      return last;
    case "list":
      return texts.flatMap((text) => text.split(",")).filter((text) => text !== "");
    case "boolean":
      if (last !== "true" && last !== "false") throw new FlagError(`--${name} is true or false`);
      return last === "true";
    case "integer":
      if (!/^-?\d{1,15}$/.test(last)) {
        throw new FlagError(`--${name} is a whole number, not ${JSON.stringify(last)}`);
      }
      return Number(last);
  }
}

function unknownFlag(table: FlagTable, given: string): string {
  const name = given.replace(/^-+/, "");
  const near = Object.keys(table)
    .map((known) => ({ known, distance: editDistance(known, name) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const hint = near && near.distance <= 4 ? `; did you mean --${near.known}?` : "; see --help";
  return `unknown flag: ${given}${hint}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
