import {
  type CallExpr,
  type ComprehensionExpr,
  type Expr,
  operators,
  type SelectExpr,
} from "./ast.ts";
import type { CheckedExpr } from "./check.ts";
import type { Overload } from "./library/library.ts";
import { isOfType } from "./runtime-types.ts";
import {
  ArrayList,
  CelCostError,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelStruct,
  type CelValue,
  EntryMap,
  numeric,
  typeNameOf,
} from "./values.ts";

/** A failure that a loop has gathered instead of a value. */
class Failure {
  readonly error: CelError;
  constructor(error: CelError) {
    this.error = error;
  }
}

/** One evaluation under way. */
export interface Frame {
  readonly variable: (name: string) => CelValue;
  readonly locals: (CelValue | Failure)[];
  cost: number;
  readonly costMax: number;
}

export type Evaluator = (frame: Frame) => CelValue;

const baseCosts = { select: 1, list: 10, map: 30, struct: 40 } as const;

function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.costMax) {
    throw new CelCostError("operation cancelled: actual cost limit exceeded");
  }
}

/** Makes a function of a checked expression. */
export function compileExpr(checked: CheckedExpr): Evaluator {
  return new Compiler(checked).compile(checked.expr);
}

class Compiler {
  readonly #checked: CheckedExpr;
  /** Where the variables of the loops around an expression lie. */
  readonly #slots: (readonly [name: string, slot: number])[] = [];

  constructor(checked: CheckedExpr) {
    this.#checked = checked;
  }

  compile(expr: Expr): Evaluator {
    switch (expr.kind) {
      case "literal": {
        const { value } = expr;
        return () => value;
      }
      case "ident":
        return this.#name(expr) ?? failing(`no such attribute: ${expr.name}`);
      case "select":
        return this.#name(expr) ?? this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr.items, expr.optional);
      case "map": {
        const entries = expr.entries.map(({ key, value, optional }) => ({
          key: this.compile(key),
          value: this.compile(value),
          optional,
        }));
        return (frame) => makeMap(frame, entries);
      }
      case "struct": {
        const fields = expr.fields.map(({ key, value, optional }) => ({
          key,
          value: this.compile(value),
          optional,
        }));
        const typeName = expr.name.replace(/^\./, "");
        return (frame) => makeStruct(frame, typeName, fields);
      }
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  #name(expr: Expr): Evaluator | undefined {
    const reference = this.#checked.referenceOf(expr);
    switch (reference?.kind) {
      case "variable": {
        const { name } = reference;
        return (frame) => {
          charge(frame, baseCosts.select);
          return frame.variable(name);
        };
      }
      case "local": {
        const slot = this.#slots.findLast(([name]) => name === reference.name)?.[1] ?? -1;
        return (frame) => {
          charge(frame, baseCosts.select);
          const value = frame.locals[slot]!;
          if (value instanceof Failure) throw value.error;
          return value;
        };
      }
      case "type": {
        const { value } = reference;
        return () => value;
      }
      default:
        return undefined;
    }
  }

  #select({ operand, field, isTest }: SelectExpr): Evaluator {
    const inner = this.compile(operand);
    if (isTest) return (frame) => hasField(inner(frame), field);
    return (frame) => {
      const value = inner(frame);
      charge(frame, baseCosts.select);
      return selectField(value, field);
    };
  }

  #list(items: readonly Expr[], optional: ReadonlySet<number>): Evaluator {
    const parts = items.map((item) => this.compile(item));
    return (frame) => {
      const values: CelValue[] = [];
      for (const [i, part] of parts.entries()) {
        const value = part(frame);
        if (!optional.has(i)) values.push(value);
        else if (optionalOf(value).value !== undefined) values.push(optionalOf(value).value!);
      }
      charge(frame, baseCosts.list);
      return new ArrayList(values);
    };
  }

  #call(expr: CallExpr): Evaluator {
    const args = expr.args.map((arg) => this.compile(arg));
    switch (expr.name) {
      case operators.and:
        return logical(args[0]!, args[1]!, false);
      case operators.or:
        return logical(args[0]!, args[1]!, true);
      case operators.conditional:
        return conditional(args[0]!, args[1]!, args[2]!);
      case operators.notStrictlyFalse:
        return notStrictlyFalse(args[0]!);
      case operators.index:
        return (frame) => {
          const value = args[0]!(frame);
          const key = args[1]!(frame);
          charge(frame, baseCosts.select);
          return elementAt(value, key);
        };
      case operators.optionalIndex:
      case operators.optionalSelect:
        return (frame) => {
          const value = args[0]!(frame);
          const key = args[1]!(frame);
          charge(frame, baseCosts.select);
          return optionalElement(value, key);
        };
      default:
        return this.#function(expr, args);
    }
  }

  #function(expr: CallExpr, args: readonly Evaluator[]): Evaluator {
    const reference = this.#checked.referenceOf(expr);
    if (reference?.kind !== "function") return failing(`no such function: ${expr.name}`);
    const { overloads, isQualified } = reference;
    const all = expr.target && !isQualified ? [this.compile(expr.target), ...args] : args;
    return (frame) => {
      const values: CelValue[] = [];
      for (const arg of all) values.push(arg(frame));
      const overload = overloads.find((one) => accepts(one, values));
      if (!overload) throw new CelError(`no such overload: ${shownCall(expr.name, values)}`);
      const { cost } = overload;
      charge(frame, cost.actual(values));
      const result = overload.call(values);
      if (cost.resulting) charge(frame, cost.resulting(result));
      return result;
    };
  }

  #comprehension(expr: ComprehensionExpr): Evaluator {
    const range = this.compile(expr.range);
    const initial = this.compile(expr.initial);
    const slot = this.#slots.length;
    this.#slots.push([expr.accumulator, slot], [expr.variable, slot + 1]);
    this.#slots.push([expr.second ?? "#none", slot + 2]);
    const condition = this.compile(expr.condition);
    const step = this.compile(expr.step);
    this.#slots.length = slot + 1;
    const result = this.compile(expr.result);
    this.#slots.length = slot;
    const two = expr.second !== undefined;
    return (frame) => {
      const { locals } = frame;
      const over = range(frame);
      locals[slot] = attempt(initial, frame);
      for (const [key, value] of iterate(over)) {
        const isList = over instanceof CelList;
        locals[slot + 1] = two || !isList ? key : value;
        locals[slot + 2] = value;
        if (condition(frame) !== true) break;
        locals[slot] = attempt(step, frame);
      }
      return result(frame);
    };
  }
}

function failing(message: string): Evaluator {
  return () => {
    throw new CelError(message);
  };
}

function attempt(evaluate: Evaluator, frame: Frame): CelValue | Failure {
  try {
    return evaluate(frame);
  } catch (error) {
    if (error instanceof CelError) return new Failure(error);
    throw error;
  }
}

function* iterate(over: CelValue): Generator<readonly [CelValue, CelValue], void, undefined> {
  if (over instanceof CelList) {
    for (let i = 0; i < over.size; i++) yield [BigInt(i), over.at(i)];
  } else if (over instanceof CelMap) {
    for (const key of over.keys()) yield [key, over.get(key) ?? null];
  } else throw new CelError(`got '${typeNameOf(over)}', expected iterable type`);
}

/** `&&` (decided by false) and `||` (by true): the other side may have failed. */
function logical(left: Evaluator, right: Evaluator, deciding: boolean): Evaluator {
  return (frame) => {
    const first = attempt(left, frame);
    if (first === deciding) return deciding;
    const second = right(frame);
    if (second === deciding) return deciding;
    if (first instanceof Failure) throw first.error;
    if (typeof first !== "boolean" || typeof second !== "boolean") {
      throw new CelError("no such overload");
    }
    return second;
  };
}

function conditional(condition: Evaluator, yes: Evaluator, no: Evaluator): Evaluator {
  return (frame) => {
    const decided = condition(frame);
    if (typeof decided !== "boolean") throw new CelError("no such overload");
    return decided ? yes(frame) : no(frame);
  };
}

function notStrictlyFalse(inner: Evaluator): Evaluator {
  return (frame) => {
    const value = attempt(inner, frame);
    charge(frame, 1);
    return value !== false;
  };
}

function accepts({ params }: Overload, values: readonly CelValue[]): boolean {
  for (let i = 0; i < params.length; i++) if (!isOfType(values[i]!, params[i]!)) return false;
  return true;
}

function shownCall(name: string, values: readonly CelValue[]): string {
  return `${name}(${values.map(typeNameOf).join(", ")})`;
}

function noField(value: CelValue): CelError {
  return new CelError(`type '${typeNameOf(value)}' does not support field selection`);
}

function selectField(value: CelValue, field: string): CelValue {
  if (value instanceof CelOptional) return optionalElement(value, field);
  if (!(value instanceof CelMap)) throw noField(value);
  const found = value.get(field);
  if (found === undefined) throw new CelError(`no such key: ${field}`);
  return found;
}

function hasField(value: CelValue, field: string): boolean {
  if (value instanceof CelOptional) {
    return value.value !== undefined && hasField(value.value, field);
  }
  if (!(value instanceof CelMap)) throw noField(value);
  return value.get(field) !== undefined;
}

function elementAt(value: CelValue, key: CelValue): CelValue {
  if (value instanceof CelOptional) return optionalElement(value, key);
  const found = findElement(value, key);
  if (found !== undefined) return found;
  if (value instanceof CelList) throw new CelError(`index out of bounds: ${shownKey(key)}`);
  throw new CelError(`no such key: ${shownKey(key)}`);
}

function optionalElement(value: CelValue, key: CelValue): CelOptional {
  if (value instanceof CelOptional) {
    return value.value === undefined ? value : optionalElement(value.value, key);
  }
  const found = findElement(value, key);
  return found === undefined ? CelOptional.none : new CelOptional(found);
}

function findElement(value: CelValue, key: CelValue): CelValue | undefined {
  if (value instanceof CelMap) return value.get(key);
  if (!(value instanceof CelList)) {
    throw new CelError(`no such overload: ${typeNameOf(value)}[${typeNameOf(key)}]`);
  }
  const index = Number(numeric(key) ?? Number.NaN);
  if (!Number.isInteger(index)) {
    throw new CelError(`unsupported index type '${typeNameOf(key)}' in list`);
  }
  return index >= 0 && index < value.size ? value.at(index) : undefined;
}

function shownKey(key: CelValue): string {
  const number = numeric(key);
  if (number !== undefined) return String(number);
  return typeof key === "string" || typeof key === "boolean" ? String(key) : typeNameOf(key);
}

function optionalOf(value: CelValue): CelOptional {
  if (value instanceof CelOptional) return value;
  throw new CelError("no such overload: an optional element needs an optional value");
}

interface Entry<K> {
  readonly key: K;
  readonly value: Evaluator;
  readonly optional: boolean;
}

function makeMap(frame: Frame, entries: readonly Entry<Evaluator>[]): CelMap {
  const pairs: [CelValue, CelValue][] = [];
  for (const { key, value, optional } of entries) {
    const name = key(frame);
    const given = value(frame);
    const inner = optional ? optionalOf(given).value : given;
    if (inner !== undefined) pairs.push([name, inner]);
  }
  charge(frame, baseCosts.map);
  return new EntryMap(pairs);
}

function makeStruct(frame: Frame, name: string, fields: readonly Entry<string>[]): CelStruct {
  const made = new Map<string, CelValue>();
  for (const { key, value, optional } of fields) {
    const given = value(frame);
    const inner = optional ? optionalOf(given).value : given;
    if (inner !== undefined) made.set(key, inner);
  }
  charge(frame, baseCosts.struct);
  return new CelStruct(name, made);
}
