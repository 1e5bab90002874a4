import { CelCompileError } from "./source-errors.ts";
import { type CelValue, CelUint } from "./values.ts";

export type TokenKind = "literal" | "ident" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  /** Of literals. */
  readonly value?: CelValue;
}

const symbols = [
  "&&", "||", "==", "!=", "<=", ">=",
  "?", ":", "<", ">", "+", "-", "*", "/", "%", "!", "(", ")", "[", "]", "{", "}", ",", ".",
]; // prettier-ignore
const keywords: Readonly<Record<string, CelValue>> = { true: true, false: false, null: null };
const int64Max = 2n ** 63n;

/** The tokens of an expression. Throws CelCompileError. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = /^(?:[ \t\r\n\f]+|\/\/[^\n]*)/.exec(source.slice(at, at + 4096));
    if (skipped) {
      at += skipped[0].length;
      continue;
    }
    const token = tokenAt(source, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "", at: source.length });
  return tokens;
}

function tokenAt(source: string, at: number): Token {
  const start = source.slice(at, at + 5);
  if (/^(?:[bB]?[rR]?|[rR][bB])["']/.test(start)) return stringAt(source, at);
  if (/^(?:\d|\.\d)/.test(start)) return numberAt(source, at);
  const word = /[a-zA-Z_]\w*/y;
  word.lastIndex = at;
  const [name] = word.exec(source) ?? [];
  if (name !== undefined) {
    const known = Object.hasOwn(keywords, name);
    if (known) return { kind: "literal", text: name, at, value: keywords[name]! };
    return { kind: name === "in" ? "symbol" : "ident", text: name, at };
  }
  const symbol = symbols.find((one) => source.startsWith(one, at));
  if (symbol !== undefined) return { kind: "symbol", text: symbol, at };
  throw fail(source, at, `token recognition error at: '${source[at]}'`);
}

function fail(source: string, at: number, message: string): CelCompileError {
  return new CelCompileError(source, [{ at, message: `Syntax error: ${message}` }]);
}

function numberAt(source: string, at: number): Token {
  const shape = /(?:0[xX][0-9a-fA-F]+[uU]?|\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?)/y;
  shape.lastIndex = at;
  const [text = ""] = shape.exec(source) ?? [];
  if (/^(?!0[xX]).*[.eE]/.test(text)) return { kind: "literal", text, at, value: Number(text) };
  const isUnsigned = /[uU]$/.test(text);
  const value = BigInt(isUnsigned ? text.slice(0, -1) : text);
  // One more than fits: `-9223372036854775808` is read as a minus and its number.
  if (!isUnsigned && value > int64Max) throw fail(source, at, "invalid int literal");
  if (isUnsigned && value >= 2n ** 64n) throw fail(source, at, "invalid uint literal");
  return { kind: "literal", text, at, value: isUnsigned ? new CelUint(value) : value };
}

function stringAt(source: string, at: number): Token {
  const [prefix = ""] = /^[bBrR]*/.exec(source.slice(at, at + 2)) ?? [];
  const isRaw = /[rR]/.test(prefix);
  const isBytes = /[bB]/.test(prefix);
  const open = at + prefix.length;
  const quote = source[open] as string;
  const triple = source.startsWith(quote.repeat(3), open);
  const mark = triple ? quote.repeat(3) : quote;
  let i = open + mark.length;
  const start = i;
  for (; ; i++) {
    if (i >= source.length || (!triple && source[i] === "\n")) {
      throw fail(source, at, "token recognition error: unterminated string");
    }
    if (source.startsWith(mark, i)) break;
    if (!isRaw && source[i] === "\\") i++;
  }
  const body = source.slice(start, i);
  const text = source.slice(at, i + mark.length);
  const unescaped = isRaw ? body : unescape(source, start, body, isBytes);
  // Escapes in bytes are bytes, everything else is UTF-8.
  const value = isBytes ? bytesOf(unescaped, isRaw) : unescaped;
  return { kind: "literal", text, at, value };
}

/** In bytes, an escaped byte is kept as a code point of a private plane until it is encoded. */
const bytePlane = 0x10_f000;

function bytesOf(text: string, isRaw: boolean): Uint8Array {
  if (isRaw) return Buffer.from(text);
  const parts = Array.from(text, (char) => {
    const code = char.codePointAt(0)!;
    const isByte = code >= bytePlane && code < bytePlane + 256;
    return isByte ? Buffer.from([code - bytePlane]) : Buffer.from(char);
  });
  return Buffer.concat(parts);
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v",
  "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}; // prettier-ignore

function unescape(source: string, start: number, body: string, isBytes: boolean): string {
  const escape =
    /\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[\s\S]?)/g;
  return body.replace(escape, (_match, code: string, offset: number) => {
    const simple = simpleEscapes[code];
    if (simple !== undefined) return simple;
    const isOctal = /^[0-3][0-7]{2}$/.test(code);
    const isByte = isOctal || /^[xX]/.test(code);
    const number = Number.parseInt(isOctal ? code : code.slice(1), isOctal ? 8 : 16);
    const isUnicode = /^[uU]./.test(code);
    const isValid = number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
    if ((!isByte && !isUnicode) || !isValid || (isBytes && isUnicode)) {
      throw fail(source, start + offset, "invalid escape sequence in a literal");
    }
    return String.fromCodePoint(isBytes && isByte ? bytePlane + number : number);
  });
}
