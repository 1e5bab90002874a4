import {
  bool,
  bytes,
  type CelType,
  double,
  dyn,
  int,
  nullType,
  showType,
  string,
  uint,
} from "./types.ts";
import type { Expr } from "./ast.ts";
import { pattern } from "./library/regex.ts";
import type { SourceIssue } from "./source-errors.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import { CelUint, type CelValue } from "./values.ts";

/** The type of a literal. */
export function literalType(value: CelValue): CelType {
  switch (typeof value) {
    case "boolean":
      return bool;
    case "bigint":
      return int;
    case "number":
      return double;
    case "string":
      return string;
    default:
  }
  if (value === null) return nullType;
  if (value instanceof CelUint) return uint;
  return value instanceof Uint8Array ? bytes : dyn;
}

export function sameType(a: CelType, b: CelType): boolean {
  return showType(a) === showType(b);
}

/** Of two types that go together, the one that covers both. */
export function moreGeneral(a: CelType, b: CelType): CelType {
  return b.kind === "dyn" || a.kind === "null" ? b : a;
}

const literals: Readonly<Record<string, (text: string) => unknown>> = {
  duration: parseDuration,
  timestamp: parseTimestamp,
  matches: pattern,
};

/** What is wrong with a literal that a function will not be able to read. */
export function literalProblem(name: string, arg: Expr | undefined): SourceIssue | undefined {
  if (arg?.kind !== "literal" || typeof arg.value !== "string") return undefined;
  if (!Object.hasOwn(literals, name)) return undefined;
  try {
    literals[name]!(arg.value);
    return undefined;
  } catch {
    return { at: arg.at, message: `invalid ${name} argument` };
  }
}
