import type { CallExpr, ComprehensionExpr, Expr } from "./ast.ts";
import { operators } from "./ast.ts";
import type { CheckedExpr } from "./check.ts";
import {
  type ArgumentSize, type CallEstimate, fixed, product, type Range, sum, union,
} from "./library/library.ts"; // prettier-ignore
import type { CelType } from "./types.ts";
import { costSize } from "./values.ts";

/**
 * How much an expression can cost at most, from the sizes that the types of its data allow. Rules
 * of custom resources that could cost too much are refused when they are written.
 */

const free = fixed(0);
const unknownSize: Range = { min: 0, max: Infinity };

export function estimateCost(checked: CheckedExpr): Range {
  return new Estimator(checked).cost(checked.expr);
}

class Estimator {
  readonly #checked: CheckedExpr;
  readonly #sizes = new Map<Expr, Range>();
  /** Sizes of the items of literal lists, and of what loops make of them. */
  readonly #itemSizes = new Map<Expr, Range>();
  readonly #locals: Map<string, Range | undefined>[] = [];

  constructor(checked: CheckedExpr) {
    this.#checked = checked;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case "literal":
        return free;
      case "ident":
        return fixed(1);
      case "select": {
        if (this.#checked.referenceOf(expr)?.kind === "variable") return fixed(1);
        const operand = this.cost(expr.operand);
        const { kind } = this.#checked.typeOf(expr.operand);
        const looksUp = !expr.isTest && (kind === "map" || kind === "object");
        return looksUp ? sum(operand, fixed(1)) : operand;
      }
      case "call":
        return this.#call(expr);
      case "list": {
        const cost = this.#all(expr.items);
        const sizes = expr.items.map((item) => this.#size(item));
        this.#itemSizes.set(expr, sizes.length === 0 ? free : sizes.reduce(union));
        return sum(cost, fixed(10));
      }
      case "map":
        return sum(this.#all(expr.entries.flatMap(({ key, value }) => [key, value])), fixed(30));
      case "struct":
        return sum(this.#all(expr.fields.map(({ value }) => value)), fixed(40));
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  #all(exprs: readonly Expr[]): Range {
    return exprs.map((expr) => this.cost(expr)).reduce(sum, free);
  }

  #call(expr: CallExpr): Range {
    const reference = this.#checked.referenceOf(expr);
    const isMember =
      expr.target !== undefined && !(reference?.kind === "function" && reference.isQualified);
    const args = isMember ? [expr.target, ...expr.args] : expr.args;
    const costs = args.map((arg) => this.cost(arg));
    const [first = free, second = free, third = free] = costs;
    switch (expr.name) {
      case operators.and:
      case operators.or:
        return { min: first.min, max: first.max + second.max };
      case operators.conditional:
        this.#sizes.set(expr, union(this.#size(args[1]!), this.#size(args[2]!)));
        return sum(first, union(second, third));
      case operators.index:
        return sum(sum(first, second), fixed(1));
      default:
    }
    const all = costs.reduce(sum, free);
    if (reference?.kind !== "function") return sum(all, fixed(1));
    return sum(all, this.#overloads(expr, args, reference.overloads));
  }

  /** The range that covers all overloads which may be called. */
  #overloads(
    expr: CallExpr,
    args: readonly Expr[],
    overloads: readonly { cost: { estimate(args: readonly ArgumentSize[]): CallEstimate } }[],
  ): Range {
    const sizes = args.map((arg) => this.#argument(arg));
    const estimates = overloads.map(({ cost }) => cost.estimate(sizes));
    const known = estimates.map(({ size }) => size).filter((size) => size !== undefined);
    if (known.length > 0) this.#sizes.set(expr, known.reduce(union));
    return estimates.map(({ cost }) => cost).reduce(union, { min: Infinity, max: 0 });
  }

  #argument(expr: Expr): ArgumentSize {
    const type = this.#checked.typeOf(expr);
    const isText = type.kind === "list" && ["string", "bytes"].includes(type.item.kind);
    const itemSize = isText ? (this.#itemSizes.get(expr) ?? sizeOfType(type.item)) : undefined;
    const literal = expr.kind === "literal" ? expr.value : undefined;
    return {
      size: this.#size(expr),
      itemSize: isText ? (itemSize ?? unknownSize) : undefined,
      literal,
    };
  }

  #comprehension(expr: ComprehensionExpr): Range {
    const range = this.cost(expr.range);
    const initial = this.cost(expr.initial);
    const isBinding = expr.range.kind === "list" && expr.range.items.length === 0;
    this.#locals.push(
      new Map([[expr.accumulator, isBinding ? this.#size(expr.initial) : undefined]]),
    );
    const itemSize = this.#itemSizes.get(expr.range);
    const isList = this.#checked.typeOf(expr.range).kind === "list";
    const variable = expr.second === undefined && isList ? expr.variable : expr.second;
    this.#locals.push(new Map(variable === undefined ? [] : [[variable, itemSize]]));
    const condition = this.cost(expr.condition);
    const step = this.cost(expr.step);
    this.#locals.pop();
    const result = this.cost(expr.result);
    this.#locals.pop();
    const count = this.#size(expr.range);
    if (expr.initial.kind === "list" || expr.initial.kind === "map") {
      this.#sizes.set(expr, count);
    } else if (isBinding) this.#sizes.set(expr, this.#size(expr.result));
    const loop = product(count, sum(condition, step));
    return [range, initial, loop, result].reduce(sum);
  }

  #size(expr: Expr): Range {
    const computed = this.#sizes.get(expr);
    if (computed) return computed;
    if (expr.kind === "literal") return fixed(costSize(expr.value));
    if (expr.kind === "list") return fixed(expr.items.length);
    if (expr.kind === "map") return fixed(expr.entries.length);
    if (expr.kind === "ident") {
      const local = this.#locals.findLast((scope) => scope.has(expr.name))?.get(expr.name);
      if (local) return local;
    }
    return sizeOfType(this.#checked.typeOf(expr)) ?? unknownSize;
  }
}

function sizeOfType(type: CelType): Range | undefined {
  if (type.max !== undefined) return { min: 0, max: type.max };
  const scalars = ["bool", "int", "uint", "double", "null", "duration", "timestamp", "type"];
  return scalars.includes(type.kind) ? fixed(1) : undefined;
}
