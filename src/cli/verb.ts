import type { ParseArgsOptionsConfig } from "node:util";
import type { Clock } from "#base/clock.ts";
import type { NodePaths } from "#node/paths.ts";

/** What every verb is given; nothing else is global. */
export interface CliContext {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  /** Standard output is a terminal: lines may be rewritten. */
  readonly terminal: boolean;
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** The repository's (or package's) root. */
  readonly repo: string;
  /** The file that Node runs as the process `name` (`server`, `agent`). */
  readonly entry: (name: string) => string;
  /** Ends all pod sandboxes through the CRI socket. */
  readonly stopPods?: (criSocket: string) => Promise<void>;
}

/** An option's value as the user gave it. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface VerbCall {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  readonly paths: NodePaths;
}

/** One `cox` command: `cox up`, `cox image import`. */
export interface Verb {
  /** The words after `cox`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, such as `ARCHIVE`. */
  readonly usage?: string;
  readonly options: readonly VerbOption[];
  /** Number of positional arguments. Default 0. */
  readonly positionals?: number;
  readonly examples: readonly { readonly command: string; readonly what: string }[];
  /** Resolves to the exit status. Throws `UsageError` for wrong arguments. */
  run(context: CliContext, call: VerbCall): Promise<number>;
}

export interface VerbOption {
  readonly name: string;
  readonly short?: string;
  /** A word for the value; absent for a switch. */
  readonly value?: string;
  readonly what: string;
}

/** The user asked for something that cannot be; the message says what and what can be. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Options that every verb has. */
export const commonOptions: readonly VerbOption[] = [
  { name: "data-dir", value: "DIR", what: "Folder that holds everything (or COX_DATA_DIR)." },
  { name: "help", short: "h", what: "Show this help." },
];

/** The options in the form that `util.parseArgs` takes. */
export function parseArgsOptions(verb: Verb): ParseArgsOptionsConfig {
  return Object.fromEntries(
    [...verb.options, ...commonOptions].map(({ name, short, value }) => [
      name,
      { type: value === undefined ? "boolean" : "string", ...(short ? { short } : {}) } as const,
    ]),
  );
}

/** A whole number given as an option; `fallback` when it is absent. Throws UsageError. */
export function numberOption(options: OptionValues, name: string, fallback: number): number {
  const text = options[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new UsageError(`--${name} wants a whole number, not "${String(text)}"`);
  }
  return value;
}
