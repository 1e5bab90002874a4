import { badRequest } from "./errors.ts";

/** Field selectors: `metadata.name=a,spec.nodeName!=b`. */

export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** A compiled field selector; `fieldOf` reads an object's field, "" when it is not set. */
export class FieldQuery {
  readonly requirements: readonly FieldRequirement[];
  #text: string | undefined;

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(fieldOf: (field: string) => string): boolean {
    for (const { field, operator, value } of this.requirements) {
      if ((fieldOf(field) === value) !== (operator === "=")) return false;
    }
    return true;
  }

  /** The value that `field` must have, if the selector says so. */
  exact(field: string): string | undefined {
    return this.requirements.find((one) => one.field === field && one.operator === "=")?.value;
  }

  toString(): string {
    this.#text ??= this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`)
      .toSorted()
      .join(",");
    return this.#text;
  }
}

export const matchEveryField: FieldQuery = new FieldQuery([]);

/** Parses a selector. Throws 400 with upstream's text. */
export function parseFieldSelector(text: string): FieldQuery {
  if (text === "") return matchEveryField;
  const requirements = splitTerms(text)
    .filter((term) => term !== "")
    .map((term) => parseTerm(text, term));
  return requirements.length === 0 ? matchEveryField : new FieldQuery(requirements);
}

/** Backslashes, commas and equal signs in values are escaped. */
export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, String.raw`\$&`);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  let escaped = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (escaped) escaped = false;
    else if (char === "\\") escaped = true;
    else if (char === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(selector: string, term: string): FieldRequirement {
  const [, field, operator, value] = /^(.*?)(!=|==|=)(.*)$/s.exec(term) ?? [];
  if (field === undefined || operator === undefined || value === undefined) {
    throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  }
  return { field, operator: operator === "!=" ? "!=" : "=", value: unescape(value) };
}

function unescape(value: string): string {
  let out = "";
  for (let at = 0; at < value.length; at++) {
    const char = value[at] as string;
    if (char === "\\") {
      at += 1;
      const next = value[at];
      if (next !== "\\" && next !== "," && next !== "=") {
        const sequence = next === undefined ? "\\" : `\\${next}`;
        throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
      }
      out += next;
    } else if (char === "," || char === "=") {
      throw badRequest(
        `invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`,
      );
    } else {
      out += char;
    }
  }
  return out;
}
