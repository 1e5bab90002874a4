import { call, type Entry, type Expr, ident, literal, memberCall, operators } from "./ast.ts";
import { expandMacro } from "./macros.ts";
import { type Token, tokenize } from "./lexer.ts";
import { CelCompileError } from "./source-errors.ts";
import type { CelValue } from "./values.ts";

/** How deep expressions may nest, and how long they may be. */
export const parserLimits = { depthMax: 250, charactersMax: 100_000 } as const;

const reserved = new Set([
  "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
  "package", "namespace", "return", "var", "void", "while",
]); // prettier-ignore

const relations = new Set(["<", "<=", ">=", ">", "==", "!=", "in"]);

/** Reads an expression; macros are expanded. Throws CelCompileError. */
export function parse(source: string): Expr {
  if (source.length > parserLimits.charactersMax) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${parserLimits.charactersMax}`;
    throw new CelCompileError("", [{ at: 0, message }]);
  }
  return new Parser(source, tokenize(source)).parseAll();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  parseAll(): Expr {
    const expr = this.#expr();
    const rest = this.#peek();
    if (rest.kind !== "end") throw this.#unexpected(rest);
    return expr;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #next(): Token {
    return this.#tokens[this.#at++]!;
  }

  #is(text: string): boolean {
    const { kind, text: own } = this.#peek();
    return kind === "symbol" && own === text;
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#next() : undefined;
  }

  #expect(text: string): Token {
    const token = this.#accept(text);
    if (token) return token;
    throw this.#unexpected(this.#peek(), `'${text}'`);
  }

  #unexpected({ at, kind, text }: Token, wanted?: string): CelCompileError {
    const found = kind === "end" ? "<EOF>" : text;
    const message = wanted
      ? `Syntax error: mismatched input '${found}' expecting ${wanted}`
      : `Syntax error: extraneous input '${found}'`;
    return this.#fail(at, message);
  }

  #fail(at: number, message: string): CelCompileError {
    return new CelCompileError(this.#source, [{ at, message }]);
  }

  #expr(): Expr {
    this.#depth += 1;
    if (this.#depth > parserLimits.depthMax) {
      throw this.#fail(this.#peek().at, "expression recursion limit exceeded: 250");
    }
    const condition = this.#chain("||", operators.or, () =>
      this.#chain("&&", operators.and, () => this.#relation()),
    );
    const question = this.#accept("?");
    let result = condition;
    if (question) {
      const yes = this.#chain("||", operators.or, () =>
        this.#chain("&&", operators.and, () => this.#relation()),
      );
      this.#expect(":");
      result = call(question.at, operators.conditional, condition, yes, this.#expr());
    }
    this.#depth -= 1;
    return result;
  }

  /** Long chains become balanced trees, so that they do not nest deeply. */
  #chain(symbol: string, name: string, operand: () => Expr): Expr {
    const operands = [operand()];
    const places: number[] = [];
    for (let token = this.#accept(symbol); token; token = this.#accept(symbol)) {
      places.push(token.at);
      operands.push(operand());
    }
    const balance = (from: number, to: number): Expr => {
      if (to - from === 1) return operands[from]!;
      const middle = (from + to) >> 1;
      return call(places[middle - 1]!, name, balance(from, middle), balance(middle, to));
    };
    return balance(0, operands.length);
  }

  #relation(): Expr {
    let left = this.#sum();
    for (;;) {
      const { kind, text, at } = this.#peek();
      if (kind !== "symbol" || !relations.has(text)) return left;
      this.#next();
      const name = text === "in" ? operators.in : `_${text}_`;
      left = call(at, name, left, this.#sum());
    }
  }

  #sum(): Expr {
    let left = this.#product();
    for (;;) {
      const token = this.#accept("+") ?? this.#accept("-");
      if (!token) return left;
      left = call(token.at, `_${token.text}_`, left, this.#product());
    }
  }

  #product(): Expr {
    let left = this.#unary();
    for (;;) {
      const token = this.#accept("*") ?? this.#accept("/") ?? this.#accept("%");
      if (!token) return left;
      left = call(token.at, `_${token.text}_`, left, this.#unary());
    }
  }

  #unary(): Expr {
    const sign = this.#is("!") ? "!" : "-";
    const signs: Token[] = [];
    for (let token = this.#accept(sign); token; token = this.#accept(sign)) signs.push(token);
    if (signs.length === 0) return this.#member();
    const following = this.#peek();
    // A minus before a number is part of the number.
    if (sign === "-" && following.kind === "literal" && isNumber(following.value)) {
      signs.pop();
      const value = following.value;
      this.#next();
      const number = literal(following.at, typeof value === "bigint" ? -value : -value);
      return this.#negated(signs, sign, this.#suffixes(number));
    }
    return this.#negated(signs, sign, this.#member());
  }

  #negated(signs: readonly Token[], sign: string, operand: Expr): Expr {
    if (signs.length % 2 === 0) return operand;
    return call(signs[0]!.at, sign === "!" ? operators.not : operators.negate, operand);
  }

  #member(): Expr {
    return this.#suffixes(this.#primary());
  }

  #suffixes(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const dot = this.#accept(".");
      if (dot) {
        expr = this.#selection(expr, dot);
        continue;
      }
      const bracket = this.#accept("[");
      if (bracket) {
        const name = this.#accept("?") ? operators.optionalIndex : operators.index;
        const index = this.#expr();
        this.#expect("]");
        expr = call(bracket.at, name, expr, index);
        continue;
      }
      const typeName = this.#is("{") ? qualifiedName(expr) : undefined;
      if (typeName === undefined) return expr;
      expr = this.#struct(expr.at, typeName);
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const isOptional = this.#accept("?") !== undefined;
    const token = this.#next();
    // Keywords are names after a dot, but for `in` and the literals.
    if (token.kind !== "ident") throw this.#unexpected(token, "IDENTIFIER");
    if (isOptional) {
      const field = literal(token.at, token.text);
      return call(dot.at, operators.optionalSelect, operand, field);
    }
    if (!this.#is("(")) {
      return { kind: "select", at: dot.at, operand, field: token.text, isTest: false };
    }
    const open = this.#next();
    const args = this.#args();
    const made = expandMacro(open.at, operand, token.text, args, (at, message) =>
      this.#fail(at, message),
    );
    return made ?? memberCall(open.at, operand, token.text, ...args);
  }

  #primary(): Expr {
    const token = this.#next();
    if (token.kind === "literal") return this.#number(token);
    if (token.kind === "symbol") {
      if (token.text === "(") {
        const inner = this.#expr();
        this.#expect(")");
        return inner;
      }
      if (token.text === "[") return this.#list(token.at);
      if (token.text === "{") return this.#map(token.at);
      if (token.text === ".") return this.#named(this.#next(), ".");
    }
    return this.#named(token, "");
  }

  #number(token: Token): Expr {
    if (typeof token.value === "bigint" && token.value === 2n ** 63n) {
      throw this.#fail(token.at, "Syntax error: invalid int literal");
    }
    return literal(token.at, token.value ?? null);
  }

  #named(token: Token, prefix: string): Expr {
    if (token.kind !== "ident") throw this.#unexpected(token, "an expression");
    const { text, at } = token;
    if (!this.#is("(")) {
      if (reserved.has(text)) {
        throw this.#fail(at, `Syntax error: reserved identifier: ${text}`);
      }
      return ident(at, prefix + text);
    }
    const open = this.#next();
    const args = this.#args();
    const made = expandMacro(open.at, undefined, text, args, (place, message) =>
      this.#fail(place, message),
    );
    return made ?? call(open.at, prefix + text, ...args);
  }

  #args(): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(")")) return args;
    do args.push(this.#expr());
    while (this.#accept(","));
    this.#expect(")");
    return args;
  }

  #list(at: number): Expr {
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is("]")) {
      if (this.#accept("?")) optional.add(items.length);
      items.push(this.#expr());
      if (!this.#accept(",")) break;
    }
    this.#expect("]");
    return { kind: "list", at, items, optional };
  }

  #map(at: number): Expr {
    const entries: Entry<Expr>[] = [];
    while (!this.#is("}")) {
      const isOptional = this.#accept("?") !== undefined;
      const key = this.#expr();
      const colon = this.#expect(":");
      entries.push({ at: colon.at, key, value: this.#expr(), optional: isOptional });
      if (!this.#accept(",")) break;
    }
    this.#expect("}");
    return { kind: "map", at, entries };
  }

  #struct(at: number, name: string): Expr {
    this.#expect("{");
    const fields: Entry<string>[] = [];
    while (!this.#is("}")) {
      const isOptional = this.#accept("?") !== undefined;
      const token = this.#next();
      if (token.kind !== "ident") throw this.#unexpected(token, "IDENTIFIER");
      const colon = this.#expect(":");
      fields.push({ at: colon.at, key: token.text, value: this.#expr(), optional: isOptional });
      if (!this.#accept(",")) break;
    }
    this.#expect("}");
    return { kind: "struct", at, name, fields };
  }
}

function isNumber(value: CelValue | undefined): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** `a.b.c` as one name; undefined for anything but a chain of names. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.isTest) return undefined;
  const operand = qualifiedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}
