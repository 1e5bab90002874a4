import {
  type CallExpr,
  type ComprehensionExpr,
  type Expr,
  type ListExpr,
  type MapExpr,
  operators,
  type SelectExpr,
  type StructExpr,
} from "./ast.ts";
import type { CelEnvironment } from "./environment.ts";
import type { Overload } from "./library/library.ts";
import { qualifiedName } from "./parser.ts";
import { CelCompileError, type SourceIssue } from "./source-errors.ts";
import {
  bool,
  type CelType,
  dyn,
  errorType,
  insideOptional,
  int,
  listOf,
  mapOf,
  optionalOf,
  showType,
  string,
} from "./types.ts";
import { literalProblem, literalType, moreGeneral, sameType } from "./type-relations.ts";
import { Substitution } from "./unify.ts";
import type { CelTypeValue } from "./values.ts";

/** What a name or call was found to mean. */
export type Reference =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "type"; readonly value: CelTypeValue }
  | {
      readonly kind: "function";
      readonly overloads: readonly Overload[];
      /** What looked like a receiver is part of the function's name (`sets.contains`). */
      readonly isQualified: boolean;
    };

/** An expression whose types fit. */
export interface CheckedExpr {
  readonly expr: Expr;
  readonly type: CelType;
  /** The variables it mentions. */
  readonly variables: ReadonlySet<string>;
  typeOf(expr: Expr): CelType;
  referenceOf(expr: Expr): Reference | undefined;
}

/** Works out the types of an expression. Throws CelCompileError with all that is wrong. */
export function check(source: string, expr: Expr, env: CelEnvironment): CheckedExpr {
  const checker = new Checker(env);
  const type = checker.check(expr);
  if (checker.issues.length > 0) throw new CelCompileError(source, checker.issues);
  const mentioned = [...checker.references.values()].flatMap((reference) =>
    reference.kind === "variable" ? [reference.name] : [],
  );
  const final = (one: Expr) => checker.substitution.final(checker.types.get(one) ?? dyn);
  return {
    expr,
    type: checker.substitution.final(type),
    variables: new Set(mentioned),
    typeOf: final,
    referenceOf: (one) => checker.references.get(one),
  };
}

class Checker {
  readonly issues: SourceIssue[] = [];
  readonly types = new Map<Expr, CelType>();
  readonly references = new Map<Expr, Reference>();
  readonly substitution = new Substitution();
  readonly #env: CelEnvironment;
  readonly #scopes: Map<string, CelType>[] = [];
  /** Lists whose elements may have any types: what is to be formatted. */
  readonly #mixed = new Set<Expr>();

  constructor(env: CelEnvironment) {
    this.#env = env;
  }

  check(expr: Expr): CelType {
    const type = this.#check(expr);
    this.types.set(expr, type);
    return type;
  }

  #check(expr: Expr): CelType {
    switch (expr.kind) {
      case "literal":
        return literalType(expr.value);
      case "ident":
        return this.#name(expr, expr.name) ?? this.#undeclared(expr.at, expr.name);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "comprehension":
        return this.#comprehension(expr);
    }
  }

  #fail(at: number, message: string): CelType {
    this.issues.push({ at, message });
    return errorType;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#fail(at, `undeclared reference to '${name}' (in container '')`);
  }

  #local(name: string): CelType | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  /** A variable or the name of a type. A leading dot means: no local variable. */
  #name(expr: Expr, written: string): CelType | undefined {
    const isGlobal = written.startsWith(".");
    const name = isGlobal ? written.slice(1) : written;
    const local = isGlobal ? undefined : this.#local(name);
    if (local) {
      this.references.set(expr, { kind: "local", name });
      return local;
    }
    const variable = this.#env.variables.get(name);
    if (variable) {
      this.references.set(expr, { kind: "variable", name });
      return variable;
    }
    const named = this.#env.typeValue(name);
    if (named) this.references.set(expr, { kind: "type", value: named.value });
    return named?.type;
  }

  #select(expr: SelectExpr): CelType {
    const name = expr.isTest ? undefined : qualifiedName(expr);
    const first = name?.split(".", 1)[0] ?? "";
    if (name !== undefined && this.#local(first) === undefined) {
      const found = this.#name(expr, name);
      if (found) return found;
    }
    const operand = this.check(expr.operand);
    const type = this.#fieldType(expr.at, operand, expr.field, false);
    return expr.isTest ? bool : type;
  }

  #fieldType(at: number, operand: CelType, field: string, isOptional: boolean): CelType {
    const type = this.substitution.resolve(operand);
    const inner = insideOptional(type);
    if (inner) {
      const selected = this.#fieldType(at, inner, field, isOptional);
      return selected.kind === "error" || isOptional ? selected : optionalOf(selected);
    }
    switch (type.kind) {
      case "map":
        return type.value;
      case "object": {
        const found = type.field(field);
        return found ? found.type : this.#fail(at, `undefined field '${field}'`);
      }
      case "param":
        this.substitution.assign(dyn, type);
        return dyn;
      case "dyn":
        return dyn;
      case "error":
        return errorType;
      default:
        return this.#fail(at, `type '${showType(type)}' does not support field selection`);
    }
  }

  #call(expr: CallExpr): CelType {
    if (expr.name === operators.optionalSelect) return this.#optionalSelect(expr);
    const { target, name } = expr;
    if (!target) {
      const plain = name.startsWith(".") ? name.slice(1) : name;
      const overloads = this.#env.overloads(plain).filter(({ isMember }) => !isMember);
      if (overloads.length === 0) return this.#unknownFunction(expr, plain);
      return this.#resolve(expr, plain, overloads, expr.args, false);
    }
    const prefix = qualifiedName(target);
    if (prefix !== undefined && this.#local(prefix.split(".", 1)[0]!) === undefined) {
      const full = `${prefix.replace(/^\./, "")}.${name}`;
      const overloads = this.#env.overloads(full).filter(({ isMember }) => !isMember);
      if (overloads.length > 0) return this.#resolve(expr, full, overloads, expr.args, true);
    }
    const overloads = this.#env.overloads(name).filter(({ isMember }) => isMember);
    if (overloads.length === 0) {
      this.check(target);
      return this.#unknownFunction(expr, name);
    }
    return this.#resolve(expr, name, overloads, [target, ...expr.args], false);
  }

  #unknownFunction(expr: CallExpr, name: string): CelType {
    for (const arg of expr.args) this.check(arg);
    return this.#undeclared(expr.at, name);
  }

  #optionalSelect(expr: CallExpr): CelType {
    const [operand, field] = expr.args as [Expr, Expr];
    const name = field.kind === "literal" ? (field.value as string) : "";
    this.types.set(field, string);
    const type = this.#fieldType(expr.at, this.check(operand), name, true);
    return type.kind === "error" ? type : optionalOf(type);
  }

  /** Every overload that fits stays in play: with dyn there can be several. */
  #resolve(
    expr: CallExpr,
    name: string,
    overloads: readonly Overload[],
    args: readonly Expr[],
    isQualified: boolean,
  ): CelType {
    for (const arg of name === "format" ? args : []) this.#mixed.add(arg);
    const given = args.map((arg) => this.check(arg));
    const fitting: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.params.length !== given.length) continue;
      const [own, ...params] = this.substitution.instantiate([overload.result, ...overload.params]);
      if (!this.substitution.assignAll(params, given)) continue;
      fitting.push(overload);
      const type = this.substitution.resolve(own!);
      result = result === undefined || sameType(result, type) ? type : dyn;
    }
    if (result === undefined) return this.#noOverload(expr, name, given);
    const problem = literalProblem(name, expr.args[expr.args.length - 1]);
    if (problem) return this.#fail(problem.at, problem.message);
    this.references.set(expr, { kind: "function", overloads: fitting, isQualified });
    return result;
  }

  #noOverload(expr: CallExpr, name: string, given: readonly CelType[]): CelType {
    const types = given.map((type) => this.substitution.final(type));
    if (types.some(({ kind }) => kind === "error")) return errorType;
    const shown = types.map(showType);
    const isMember = expr.target !== undefined && given.length > expr.args.length;
    const applied = isMember
      ? `'${shown[0]}.(${shown.slice(1).join(", ")})'`
      : `'(${shown.join(", ")})'`;
    return this.#fail(expr.at, `found no matching overload for '${name}' applied to ${applied}`);
  }

  #list(expr: ListExpr): CelType {
    const types = expr.items.map((item, i) => {
      const type = this.check(item);
      return expr.optional.has(i) ? this.#unwrapped(item.at, type) : type;
    });
    return listOf(this.#common(expr.items, types, this.#mixed.has(expr)));
  }

  #unwrapped(at: number, type: CelType): CelType {
    const resolved = this.substitution.resolve(type);
    const inner = insideOptional(resolved);
    if (inner) return inner;
    if (resolved.kind === "dyn" || resolved.kind === "error") return resolved;
    return this.#fail(
      at,
      `expected type 'optional_type(${showType(resolved)})' but found '${showType(resolved)}'`,
    );
  }

  /** The one type of all elements of a literal; upstream insists on one. */
  #common(exprs: readonly Expr[], types: readonly CelType[], mayMix = false): CelType {
    let common: CelType | undefined;
    for (const [i, type] of types.entries()) {
      if (common === undefined) common = type;
      else if (this.substitution.assign(common, type)) common = moreGeneral(common, type);
      else if (mayMix) return dyn;
      else {
        const [wanted, found] = [common, type].map((one) => showType(this.substitution.final(one)));
        this.#fail(exprs[i]!.at, `expected type '${wanted}' but found '${found}'`);
      }
    }
    return common ?? this.substitution.fresh();
  }

  #map(expr: MapExpr): CelType {
    const { entries } = expr;
    const keys = entries.map(({ key }) => this.check(key));
    const values = entries.map(({ value, optional }) => {
      const type = this.check(value);
      return optional ? this.#unwrapped(value.at, type) : type;
    });
    const key = this.#common(
      entries.map((entry) => entry.key),
      keys,
    );
    const value = this.#common(
      entries.map((entry) => entry.value),
      values,
    );
    return mapOf(key, value);
  }

  #struct(expr: StructExpr): CelType {
    const type = this.#env.constructible(expr.name.replace(/^\./, ""));
    for (const { key, value, at, optional } of expr.fields) {
      const given = this.check(value);
      if (!type) continue;
      const field = type.field(key);
      if (!field) {
        this.#fail(at, `undefined field '${key}'`);
        continue;
      }
      const inner = optional ? this.#unwrapped(value.at, given) : given;
      if (this.substitution.assign(field.type, inner)) continue;
      const [wanted, found] = [field.type, inner].map((one) =>
        showType(this.substitution.final(one)),
      );
      this.#fail(
        at,
        `expected type of field '${key}' is '${wanted}' but provided type is '${found}'`,
      );
    }
    return type ?? this.#undeclared(expr.at, expr.name);
  }

  #comprehension(expr: ComprehensionExpr): CelType {
    const range = this.substitution.resolve(this.check(expr.range));
    const accumulated = this.check(expr.initial);
    const [first, second] = this.#iteration(expr, range);
    const scope = new Map<string, CelType>([[expr.accumulator, accumulated]]);
    this.#scopes.push(scope);
    this.#scopes.push(
      new Map<string, CelType>([
        [expr.variable, first],
        ...(expr.second === undefined ? [] : ([[expr.second, second]] as const)),
      ]),
    );
    this.#wants(expr.condition, this.check(expr.condition), bool);
    this.#wants(expr.step, this.check(expr.step), accumulated);
    this.#scopes.pop();
    const result = this.check(expr.result);
    this.#scopes.pop();
    return this.substitution.resolve(result);
  }

  /** The types of the loop's variables. */
  #iteration(expr: ComprehensionExpr, range: CelType): [CelType, CelType] {
    const two = expr.second !== undefined;
    switch (range.kind) {
      case "list":
        return two ? [int, range.item] : [range.item, dyn];
      case "map":
        return [range.key, range.value];
      case "dyn":
        return [dyn, dyn];
      case "error":
        return [errorType, errorType];
      case "param":
        this.substitution.assign(dyn, range);
        return [dyn, dyn];
      default: {
        const message = `expression of type '${showType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        this.#fail(expr.range.at, message);
        return [errorType, errorType];
      }
    }
  }

  #wants(expr: Expr, given: CelType, wanted: CelType): void {
    if (this.substitution.assign(wanted, given)) return;
    const [a, b] = [wanted, given].map((one) => showType(this.substitution.final(one)));
    this.#fail(expr.at, `expected type '${a}' but found '${b}'`);
  }
}
