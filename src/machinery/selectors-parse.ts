import { ApiError, badRequest } from "./errors.ts";
import { qualifiedName } from "./names.ts";
import {
  LabelQuery,
  type LabelOperator,
  type LabelRequirement,
  labelRequirement,
  matchEverything,
} from "./selectors.ts";

/** Label selectors as queries write them: `a=b,c in (d,e),!f,g>1`. */

type Token = { kind: "identifier" | "symbol" | "end" | "error"; text: string };

const symbols = new Set([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const special = /[=!(),><]/;
const blank = /[ \t\r\n]/;
const operators = "in, notin, =, ==, !=, gt, lt";

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (blank.test(char)) {
      at += 1;
      continue;
    }
    const start = at;
    if (special.test(char)) {
      at += symbols.has(text.slice(at, at + 2)) ? 2 : 1;
      tokens.push({ kind: "symbol", text: text.slice(start, at) });
    } else {
      while (at < text.length && !special.test(text[at] ?? "") && !blank.test(text[at] ?? "")) {
        at += 1;
      }
      tokens.push({ kind: "identifier", text: text.slice(start, at) });
    }
  }
  return tokens;
}

/** Parses a selector. Throws 400 with upstream's text. */
export function parseLabelSelector(text: string): LabelQuery {
  if (text === "") return matchEverything;
  const requirements = new Parser(scan(text)).parse();
  return requirements.length === 0 ? matchEverything : new LabelQuery(requirements);
}

const end: Token = { kind: "end", text: "" };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #next(): Token {
    return this.#tokens[this.#at++] ?? end;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === "end") return requirements;
      if (!startsRequirement(token)) throw unexpected(token, "!, identifier, or 'end of string'");
      requirements.push(this.#requirement());
      const after = this.#next();
      if (after.kind === "end") return requirements;
      if (after.text !== ",") throw unexpected(after, "',' or 'end of string'");
      if (!startsRequirement(this.#peek())) {
        throw unexpected(this.#peek(), "identifier after ','");
      }
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#parseRequirement();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw badRequest(`unable to parse requirement: ${error.message}`);
    }
  }

  #parseRequirement(): LabelRequirement {
    let token = this.#next();
    const negated = token.text === "!";
    if (negated) token = this.#next();
    if (token.kind !== "identifier") throw unexpected(token, "identifier");
    const key = token.text;
    const errors = qualifiedName(key);
    if (errors.length > 0) {
      throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join("; ")}`);
    }
    const after = this.#peek();
    if (after.kind === "end" || after.text === ",") {
      return labelRequirement(key, negated ? "!" : "exists", []);
    }
    if (negated) return labelRequirement(key, "!", []);
    const operator = this.#operator();
    const isSet = operator === "in" || operator === "notin";
    return labelRequirement(key, operator, isSet ? this.#values() : [this.#exactValue()]);
  }

  #operator(): LabelOperator {
    const token = this.#next();
    switch (token.text) {
      case "in":
      case "notin":
      case "=":
      case "==":
      case "!=":
        return token.text;
      case ">":
        return "gt";
      case "<":
        return "lt";
      default:
        throw unexpected(token, operators);
    }
  }

  #exactValue(): string {
    const token = this.#peek();
    if (token.kind === "end" || token.text === ",") return "";
    this.#next();
    if (token.kind !== "identifier") throw unexpected(token, "identifier");
    return token.text;
  }

  #values(): string[] {
    const open = this.#next();
    if (open.text !== "(") throw badRequest(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    let pending = true;
    for (;;) {
      const token = this.#next();
      if (token.kind === "identifier") {
        if (!pending) throw unexpected(token, "',' or ')'");
        values.push(token.text);
        pending = false;
      } else if (token.text === ",") {
        if (pending) values.push("");
        pending = true;
      } else if (token.text === ")") {
        if (pending) values.push("");
        return [...new Set(values)].toSorted();
      } else {
        throw unexpected(token, "',', ')' or identifier");
      }
    }
  }
}

function startsRequirement(token: Token): boolean {
  return token.kind === "identifier" || token.text === "!";
}

function unexpected(token: Token, expected: string): ApiError {
  return badRequest(`found '${token.text}', expected: ${expected}`);
}
