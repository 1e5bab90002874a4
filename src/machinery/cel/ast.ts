import type { CelValue } from "./values.ts";

/** The syntax tree of an expression. `at` is an offset in the source. */
export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr;

interface Node {
  readonly at: number;
}
export interface LiteralExpr extends Node {
  readonly kind: "literal";
  readonly value: CelValue;
}
export interface IdentExpr extends Node {
  readonly kind: "ident";
  readonly name: string;
}
export interface SelectExpr extends Node {
  readonly kind: "select";
  readonly operand: Expr;
  readonly field: string;
  /** `has(a.b)`. */
  readonly isTest: boolean;
}
/** Operators are calls too, of functions such as `_+_`. */
export interface CallExpr extends Node {
  readonly kind: "call";
  readonly target: Expr | undefined;
  readonly name: string;
  readonly args: readonly Expr[];
}
export interface ListExpr extends Node {
  readonly kind: "list";
  readonly items: readonly Expr[];
  /** Indexes of the items written `?x`. */
  readonly optional: ReadonlySet<number>;
}
export interface Entry<K> extends Node {
  readonly key: K;
  readonly value: Expr;
  readonly optional: boolean;
}
export interface MapExpr extends Node {
  readonly kind: "map";
  readonly entries: readonly Entry<Expr>[];
}
export interface StructExpr extends Node {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly Entry<string>[];
}
/** What macros such as `all` become: a loop that folds a range into a value. */
export interface ComprehensionExpr extends Node {
  readonly kind: "comprehension";
  readonly range: Expr;
  /** The item of a list, or the key of a map; with a second variable the index or key. */
  readonly variable: string;
  readonly second: string | undefined;
  readonly accumulator: string;
  readonly initial: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** The names of operators. */
export const operators = {
  conditional: "_?_:_",
  and: "_&&_",
  or: "_||_",
  not: "!_",
  negate: "-_",
  index: "_[_]",
  optionalIndex: "_[?_]",
  optionalSelect: "_?._",
  in: "@in",
  notStrictlyFalse: "@not_strictly_false",
} as const;

export function literal(at: number, value: CelValue): LiteralExpr {
  return { kind: "literal", at, value };
}
export function ident(at: number, name: string): IdentExpr {
  return { kind: "ident", at, name };
}
export function call(at: number, name: string, ...args: Expr[]): CallExpr {
  return { kind: "call", at, target: undefined, name, args };
}
export function memberCall(at: number, target: Expr, name: string, ...args: Expr[]): CallExpr {
  return { kind: "call", at, target, name, args };
}
export function listExpr(at: number, ...items: Expr[]): ListExpr {
  return { kind: "list", at, items, optional: new Set() };
}
