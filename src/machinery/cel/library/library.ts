import type { CelType } from "../types.ts";
import { costSize, type CelValue } from "../values.ts";

/** How functions are declared: their types, what they do, and what they cost. */

/** A range of costs or sizes; the upper end may be Infinity. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What is known of an argument before evaluation. */
export interface ArgumentSize {
  readonly size: Range;
  /** Of a list: the sizes of its items, when they are texts; undefined for anything else. */
  readonly itemSize: Range | undefined;
  /** The value of a literal. */
  readonly literal: CelValue | undefined;
}

export interface CallEstimate {
  readonly cost: Range;
  /** The size of what comes out, when that is a text, list or map. */
  readonly size?: Range | undefined;
}

/** The cost of a call, in units of about 50 ns: as it was, and as it can be. */
export interface CostModel {
  /** Known before the call, so that what costs too much is not even begun … */
  actual(args: readonly CelValue[]): number;
  /** … but for what depends on the result. */
  resulting?(result: CelValue): number;
  estimate(args: readonly ArgumentSize[]): CallEstimate;
}

/** One way to call a function. */
export interface Overload {
  /** Upstream's name, such as `starts_with_string`. */
  readonly id: string;
  readonly isMember: boolean;
  /** With the receiver of a member function first. */
  readonly params: readonly CelType[];
  readonly result: CelType;
  /** 1 unless given. */
  readonly cost: CostModel;
  /** Throws CelError. */
  readonly call: (args: readonly CelValue[]) => CelValue;
}

/** Functions by name, and names that stand for types. */
export interface CelLibrary {
  readonly functions: readonly (readonly [name: string, overload: Overload])[];
  readonly typeNames?: Readonly<Record<string, CelType>>;
}

/** Names the types that it takes; the checker and the evaluator see to it that it gets them. */
type Implementation = (...args: never[]) => CelValue;

/** A member function `a.name(b)`. */
export function member(
  id: string,
  params: readonly CelType[],
  result: CelType,
  run: Implementation,
  cost: CostModel = flat(1),
): Overload {
  return { id, isMember: true, params, result, cost, call: (args) => run(...(args as never[])) };
}

/** A function `name(a, b)`, or an operator. */
export function global(
  id: string,
  params: readonly CelType[],
  result: CelType,
  run: Implementation,
  cost: CostModel = flat(1),
): Overload {
  return { id, isMember: false, params, result, cost, call: (args) => run(...(args as never[])) };
}

export const costFactors = { traversal: 0.1, regex: 0.25 } as const;

export function fixed(value: number): Range {
  return { min: value, max: value };
}

/** `ceil(size * factor)` at both ends. */
export function scaled({ min, max }: Range, factor: number): Range {
  return { min: Math.ceil(min * factor), max: Math.ceil(max * factor) };
}

export function sum(a: Range, b: Range): Range {
  return { min: a.min + b.min, max: a.max + b.max };
}

/** Zero times anything is nothing, even times no limit. */
export function product(a: Range, b: Range): Range {
  const times = (x: number, y: number) => (x === 0 || y === 0 ? 0 : x * y);
  return { min: times(a.min, b.min), max: times(a.max, b.max) };
}

export function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** The same whatever comes in. */
export function flat(cost: number, size?: Range): CostModel {
  const estimate = { cost: fixed(cost), size };
  return { actual: () => cost, estimate: () => estimate };
}

/** One walk over an argument; `factor` per character, byte or item. */
export function traversal(
  index: number,
  options: { factor?: number; size?: (arg: Range) => Range } = {},
): CostModel {
  const { factor = costFactors.traversal, size } = options;
  return {
    actual: (args) => Math.ceil(costSize(args[index]!) * factor),
    estimate: (args) => ({
      cost: scaled(args[index]!.size, factor),
      size: size?.(args[index]!.size),
    }),
  };
}

/** A search for one text in another: every character against every character. */
export const searching: CostModel = {
  actual: ([text, part]) =>
    Math.ceil(costSize(text!) * costFactors.traversal) *
    Math.ceil(costSize(part!) * costFactors.traversal),
  estimate: ([text, part]) => ({
    cost: product(
      scaled(text!.size, costFactors.traversal),
      scaled(part!.size, costFactors.traversal),
    ),
  }),
};

/** A regular expression over a text; the empty text costs something too. */
export function matching(withSize: boolean): CostModel {
  return {
    actual: ([text, pattern]) =>
      Math.ceil((1 + costSize(text!)) * costFactors.traversal) *
      Math.ceil(costSize(pattern!) * costFactors.regex),
    estimate: ([text, pattern]) => ({
      cost: product(
        scaled(sum(text!.size, fixed(1)), costFactors.traversal),
        scaled(pattern!.size, costFactors.regex),
      ),
      size: withSize ? { min: 0, max: text!.size.max } : undefined,
    }),
  };
}

/** Comparing ends with the shorter of both. */
export const comparing: CostModel = {
  actual: ([a, b]) => Math.ceil(Math.min(costSize(a!), costSize(b!)) * costFactors.traversal),
  estimate: ([a, b]) => {
    const most = Math.min(a!.size.max, b!.size.max);
    return { cost: scaled({ min: most > 0 ? 1 : 0, max: most }, costFactors.traversal) };
  },
};

/** Making one out of two. */
export const joining: CostModel = {
  actual: ([a, b]) => Math.ceil((costSize(a!) + costSize(b!)) * costFactors.traversal),
  estimate: ([a, b]) => {
    const size = sum(a!.size, b!.size);
    return { cost: scaled(size, costFactors.traversal), size };
  },
};
