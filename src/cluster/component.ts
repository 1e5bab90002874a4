import { type Chance, systemChance } from "#base/chance.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { FlagError, flagHelp, type FlagTable, type FlagValues, parseFlags } from "#base/flags.ts";
import { jsonLogger, type Logger } from "#base/log.ts";

/** What a component's main function is given: the world, and when to stop. */
export interface World {
  clock: Clock;
  chance: Chance;
  log: Logger;
  /** Aborts on SIGINT and SIGTERM. */
  signal: AbortSignal;
}

/** A component that runs as a process of its own. */
export interface Component<T extends FlagTable> {
  /** Upstream's name, such as `kube-apiserver`. */
  readonly name: string;
  readonly summary: string;
  readonly flags: T;
  /** Runs until the signal aborts. Throws FlagError for flags that contradict each other. */
  run(flags: FlagValues<T>, world: World): Promise<void>;
}

const commonFlags = {
  v: {
    type: "integer",
    default: 2,
    value: "LEVEL",
    doc: "Log verbosity; 4 and above shows debug lines.",
  },
  help: { type: "boolean", default: false, doc: "Show this help." },
} as const satisfies FlagTable;

/** Where a component's words go. */
export interface Terminal {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** Runs a component from a command line; resolves to the exit status. */
export async function runComponent<T extends FlagTable>(
  component: Component<T>,
  argv: readonly string[],
  terminal: Terminal = process,
): Promise<number> {
  const { name, summary } = component;
  const table = { ...component.flags, ...commonFlags };
  try {
    const flags = parseFlags(table, argv) as FlagValues<T> & FlagValues<typeof commonFlags>;
    if (flags.help) {
      terminal.stdout.write(`${name}: ${summary}\n\n${flagHelp(table)}\n`);
      return 0;
    }
    using stop = stopOn("SIGINT", "SIGTERM");
    const level = flags.v >= 4 ? "debug" : "info";
    const write = (line: string): void => void terminal.stderr.write(line);
    const log = jsonLogger({ clock: systemClock, write, level, fields: { component: name } });
    process.on("unhandledRejection", (error) => log.error("unhandled rejection", { error }));
    await component.run(flags, {
      clock: systemClock,
      chance: systemChance,
      log,
      signal: stop.signal,
    });
    return 0;
  } catch (error) {
    terminal.stderr.write(`${name}: ${(error as Error).message}\n`);
    if (!(error instanceof FlagError) && process.env["COX_DEBUG"])
      terminal.stderr.write(`${String((error as Error).stack)}\n`);
    return error instanceof FlagError ? 2 : 1;
  }
}

/** A signal that aborts when the process is told to stop. */
function stopOn(...names: NodeJS.Signals[]): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new DOMException("stopped", "AbortError"));
  for (const name of names) process.once(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.removeListener(name, stop);
    },
  };
}
