import type { JSONSchemaProps } from "../json-schema-props.ts";
import { additionalOf, propertyOf } from "./schema.ts";

/** A JSON path of fields and map keys, such as `.spec.names['a.b']`, found in a schema. */
export interface FieldPath {
  /** As fields of errors are written: `spec.names[a.b]`. */
  readonly text: string;
  readonly parts: readonly string[];
  /** The schema of what the path leads to. */
  readonly schema: JSONSchemaProps;
}

/** Why a path does not lead anywhere. */
export class FieldPathError extends Error {
  override name = "FieldPathError";
}

/**
 * Follows a path through a schema. `brackets`: whether names may be written as `['name']`.
 * @throws FieldPathError
 */
export function findFieldPath(
  path: string,
  schema: JSONSchemaProps,
  { brackets = true }: { readonly brackets?: boolean } = {},
): FieldPath {
  const tokens = tokensOf(path);
  const parts: string[] = [];
  let text = "";
  let current = schema;
  const take = (): string => {
    const token = tokens.shift();
    if (token === undefined) throw new FieldPathError("unexpected end of JSON path");
    return token;
  };
  while (tokens.length > 0) {
    const token = take();
    let name: string;
    if (token === "[") {
      if (!brackets) throw new FieldPathError("array notation is not allowed");
      name = unquote(take());
      const close = take();
      if (close !== "]") throw new FieldPathError(`expected ] but got ${close}`);
    } else if (token === ".") name = take();
    else throw new FieldPathError(`expected [ or . but got: ${token}`);
    const isField = current.properties !== undefined;
    const next = isField ? propertyOf(current, name) : additionalOf(current);
    if (!next) throw new FieldPathError("does not refer to a valid field");
    parts.push(name);
    text = isField ? (text === "" ? name : `${text}.${name}`) : `${text}[${name}]`;
    current = next;
  }
  return { text, parts, schema: current };
}

/** Delimiters, quoted strings and what lies between. */
function tokensOf(path: string): string[] {
  return path.match(/'(?:[^'\\]|\\[^])*'?|[.[\]]|[^.[\]]+/g) ?? [];
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "'": "'", "\\": "\\",
}; // prettier-ignore

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new FieldPathError(`expected single quoted string but got ${token}`);
  }
  return token.slice(1, -1).replaceAll(/\\([^])/g, (match, letter: string) => {
    const char = escapes[letter];
    if (char === undefined) {
      throw new FieldPathError(`invalid string literal: invalid escape char ${match}`);
    }
    return char;
  });
}
