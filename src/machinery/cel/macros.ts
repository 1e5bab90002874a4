import {
  call,
  type ComprehensionExpr,
  type Expr,
  ident,
  listExpr,
  literal,
  memberCall,
  operators,
} from "./ast.ts";

/**
 * What looks like a call but is a way of writing a longer expression: `has`, `all`, `map` …
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros
 */

type Fail = (at: number, message: string) => Error;

/** The variable in which a comprehension gathers its result; no name that a user can write. */
export const accumulator = "@result";

interface Macro {
  readonly at: number;
  readonly target: Expr;
  readonly args: readonly Expr[];
  readonly fail: Fail;
}

const memberMacros: Readonly<Record<string, Readonly<Record<number, (m: Macro) => Expr>>>> = {
  all: { 2: (m) => all(m, 1), 3: (m) => all(m, 2) },
  exists: { 2: (m) => exists(m, 1), 3: (m) => exists(m, 2) },
  exists_one: { 2: (m) => existsOne(m, 1), 3: (m) => existsOne(m, 2) },
  existsOne: { 2: (m) => existsOne(m, 1), 3: (m) => existsOne(m, 2) },
  filter: { 2: filter },
  map: { 2: (m) => mapped(m, undefined), 3: (m) => mapped(m, m.args[1]) },
  transformList: {
    3: (m) => transformList(m, undefined),
    4: (m) => transformList(m, m.args[2]),
  },
  transformMap: {
    3: (m) => transformMap(m, undefined, "cel.@mapInsert"),
    4: (m) => transformMap(m, m.args[2], "cel.@mapInsert"),
  },
  transformMapEntry: {
    3: (m) => transformMap(m, undefined, "cel.@mapInsertEntry"),
    4: (m) => transformMap(m, m.args[2], "cel.@mapInsertEntry"),
  },
  sortBy: { 2: sortBy },
  optMap: { 2: (m) => onOptional(m, (at, value) => call(at, "optional.of", value)) },
  optFlatMap: { 2: (m) => onOptional(m, (_at, value) => value) },
};

/** The expression that a macro stands for; undefined when the call is none. */
export function expandMacro(
  at: number,
  target: Expr | undefined,
  name: string,
  args: readonly Expr[],
  fail: Fail,
): Expr | undefined {
  if (!target) return name === "has" && args.length === 1 ? has(args[0]!, fail) : undefined;
  if (!Object.hasOwn(memberMacros, name)) return undefined;
  return memberMacros[name]?.[args.length]?.({ at, target, args, fail });
}

function has(arg: Expr, fail: Fail): Expr {
  if (arg.kind === "select" && !arg.isTest) return { ...arg, isTest: true };
  throw fail(arg.at, "invalid argument to has() macro");
}

function variable({ args, fail }: Macro, index: number): string {
  const arg = args[index]!;
  if (arg.kind === "ident" && !arg.name.startsWith(".")) return arg.name;
  throw fail(arg.at, "argument must be a simple name");
}

interface Loop {
  initial: Expr;
  condition: Expr;
  step: Expr;
  result: Expr;
}

function loop(m: Macro, variables: 1 | 2, parts: Loop): ComprehensionExpr {
  const first = variable(m, 0);
  const second = variables === 2 ? variable(m, 1) : undefined;
  if (first === second) throw m.fail(m.args[1]!.at, `duplicate variable name: ${first}`);
  return {
    kind: "comprehension",
    at: m.at,
    range: m.target,
    variable: first,
    second,
    accumulator,
    ...parts,
  };
}

function all(m: Macro, variables: 1 | 2): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  return loop(m, variables, {
    initial: literal(at, true),
    condition: call(at, operators.notStrictlyFalse, result),
    step: call(at, operators.and, result, m.args[variables]!),
    result,
  });
}

function exists(m: Macro, variables: 1 | 2): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  return loop(m, variables, {
    initial: literal(at, false),
    condition: call(at, operators.notStrictlyFalse, call(at, operators.not, result)),
    step: call(at, operators.or, result, m.args[variables]!),
    result,
  });
}

function existsOne(m: Macro, variables: 1 | 2): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  const more = call(at, "_+_", result, literal(at, 1n));
  return loop(m, variables, {
    initial: literal(at, 0n),
    condition: literal(at, true),
    step: call(at, operators.conditional, m.args[variables]!, more, result),
    result: call(at, "_==_", result, literal(at, 1n)),
  });
}

function filter(m: Macro): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  const more = call(at, "_+_", result, listExpr(at, m.args[0]!));
  return loop(m, 1, {
    initial: listExpr(at),
    condition: literal(at, true),
    step: call(at, operators.conditional, m.args[1]!, more, result),
    result,
  });
}

function mapped(m: Macro, where: Expr | undefined): Expr {
  return gathered(m, 1, where);
}

function transformList(m: Macro, where: Expr | undefined): Expr {
  return gathered(m, 2, where);
}

function gathered(m: Macro, variables: 1 | 2, where: Expr | undefined): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  const more = call(at, "_+_", result, listExpr(at, m.args.at(-1)!));
  return loop(m, variables, {
    initial: listExpr(at),
    condition: literal(at, true),
    step: where ? call(at, operators.conditional, where, more, result) : more,
    result,
  });
}

function transformMap(m: Macro, where: Expr | undefined, insert: string): Expr {
  const { at } = m;
  const result = ident(at, accumulator);
  const value = m.args.at(-1)!;
  const more = insert.endsWith("Entry")
    ? call(at, insert, result, value)
    : call(at, insert, result, ident(at, variable(m, 0)), value);
  return loop(m, 2, {
    initial: { kind: "map", at, entries: [] },
    condition: literal(at, true),
    step: where ? call(at, operators.conditional, where, more, result) : more,
    result,
  });
}

/** `x.optMap(v, e)`: none stays none; otherwise `e` with `v` bound to the value. */
function onOptional(m: Macro, wrap: (at: number, value: Expr) => Expr): Expr {
  const { at, target } = m;
  const name = variable(m, 0);
  const bound: ComprehensionExpr = {
    kind: "comprehension",
    at,
    range: listExpr(at),
    variable: "#unused",
    second: undefined,
    accumulator: name,
    initial: memberCall(at, target, "value"),
    condition: literal(at, false),
    step: ident(at, name),
    result: m.args[1]!,
  };
  return call(
    at,
    operators.conditional,
    memberCall(at, target, "hasValue"),
    wrap(at, bound),
    call(at, "optional.none"),
  );
}

/** `list.sortBy(x, key)`: sorted by what the key is of each. */
function sortBy(m: Macro): Expr {
  return memberCall(m.at, m.target, "@sortByAssociatedKeys", mapped(m, undefined));
}
