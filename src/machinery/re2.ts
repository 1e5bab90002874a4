import { RE2JS } from "re2js";

/**
 * Regular expressions in Go's dialect, which match in time linear in the text: patterns come from
 * clients (schemas, policies), and no pattern may stop the server.
 */
export interface Re2 {
  /** Whether the pattern is found anywhere in `text`. */
  finds(text: string): boolean;
}

/** Patterns kept compiled; beyond that the oldest is forgotten. */
const compiledMax = 2_000;
const compiled = new Map<string, Re2 | Error>();

/** Compiles a pattern, or gives it from memory. @throws Error that says what is wrong with it. */
export function re2(pattern: string): Re2 {
  let found = compiled.get(pattern);
  if (found === undefined) {
    found = compile(pattern);
    if (compiled.size >= compiledMax) compiled.delete(compiled.keys().next().value!);
    compiled.set(pattern, found);
  }
  if (found instanceof Error) throw found;
  return found;
}

function compile(pattern: string): Re2 | Error {
  try {
    const expression = RE2JS.compile(pattern);
    return { finds: (text) => expression.matcher(text).find() };
  } catch (error) {
    const { message } = error as Error;
    return new Error(
      message.startsWith("error parsing regexp") ? message : `error parsing regexp: ${message}`,
    );
  }
}
