import { RE2JS } from "re2js";
import { int, listOf, string } from "../types.ts";
import { ArrayList, CelError } from "../values.ts";
import { type CelLibrary, matching, member } from "./library.ts";

/** The adapter to re2js: regular expressions in Go's syntax that run in linear time. */
export interface Pattern {
  /** Whether the pattern occurs anywhere in the text. */
  find(text: string): boolean;
  /** The texts that match, one after the other; at most `limit` when it is not negative. */
  all(text: string, limit: number): string[];
}

const known = new Map<string, Pattern>();
const knownMax = 1_000;

/** The compiled pattern. Throws CelError when it is none. */
export function pattern(source: string): Pattern {
  const found = known.get(source);
  if (found) return found;
  const made = compile(source);
  if (known.size >= knownMax) known.clear();
  known.set(source, made);
  return made;
}

function compile(source: string): Pattern {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    throw new CelError(`error parsing regexp: ${(error as Error).message}`);
  }
  return {
    find: (text) => regex.matcher(text).find(),
    all(text, limit) {
      const matcher = regex.matcher(text);
      const matches: string[] = [];
      const most = limit < 0 ? Infinity : limit;
      while (matches.length < most && matcher.find()) {
        matches.push(matcher.group() ?? "");
      }
      return matches;
    },
  };
}

function first(text: string, source: string): string {
  return pattern(source).all(text, 1)[0] ?? "";
}

function all(text: string, source: string, limit = -1n): ArrayList {
  return new ArrayList(pattern(source).all(text, Number(limit)));
}

/** `find` and `findAll`. */
export const regexLibrary: CelLibrary = {
  functions: [
    ["find", member("string_find_string", [string, string], string, first, matching(true))],
    ["findAll", member("string_find_all_string", [string, string], listOf(string), all, matching(true))],
    ["findAll", member("string_find_all_string_int", [string, string, int], listOf(string), all, matching(true))],
  ], // prettier-ignore
};
