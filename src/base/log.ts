import type { Clock } from "./clock.ts";
import { rfc3339Micro } from "./clock.ts";

/** What a log line may carry beside its message. Never put a secret or a whole object here. */
export type LogFields = Readonly<Record<string, unknown>>;

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured logging: the message is constant, what varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` (such as `component` or `requestID`) to each line. */
  with(fields: LogFields): Logger;
}

/** A logger that writes JSON lines of at least `level` to `write`. */
export function jsonLogger(options: {
  clock: Pick<Clock, "now">;
  write: (line: string) => void;
  level?: LogLevel;
  fields?: LogFields;
}): Logger {
  const { clock, write, level = "info", fields = {} } = options;
  const floor = logLevels.indexOf(level);
  function emit(at: LogLevel, message: string, more: LogFields | undefined): void {
    if (logLevels.indexOf(at) < floor) return;
    const line = { time: rfc3339Micro(clock.now()), level: at, message, ...fields, ...more };
    write(`${JSON.stringify(line, plainErrors)}\n`);
  }
  return {
    debug: (message, more) => emit("debug", message, more),
    info: (message, more) => emit("info", message, more),
    warn: (message, more) => emit("warn", message, more),
    error: (message, more) => emit("error", message, more),
    with: (more) => jsonLogger({ ...options, fields: { ...fields, ...more } }),
  };
}

/** Says nothing; for tests and embedded clusters. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};

/** Errors have no enumerable fields, so JSON would show `{}`: write what happened and its causes. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const cause = value.cause === undefined ? {} : { cause: value.cause };
  return { name: value.name, message: value.message, stack: value.stack, ...cause };
}
