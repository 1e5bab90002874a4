import { isObject } from "#machinery/patch/json-value.ts";

/**
 * The JSON paths of printer columns and subresources: fields, indexes, ranges, `*` and filters, as
 * kubectl's JSONPath has them.
 */

type Step = (value: unknown) => unknown[];

/** What a path finds in a value. */
export type JsonPath = (value: unknown) => unknown[];

/** Compiles a path such as `.status.conditions[?(@.type=="Ready")].status`. Throws on mistakes. */
export function jsonPath(path: string): JsonPath {
  const steps = stepsOf(path);
  return (value) => {
    let found: unknown[] = [value];
    for (const step of steps) found = found.flatMap(step);
    return found;
  };
}

/** A path of plain fields: `.spec.replicas`. */
export function fieldNames(path: string): string[] {
  return path.split(".").filter((name) => name !== "");
}

/** The value at a path of plain fields; undefined: there is none. */
export function valueAt(value: unknown, names: readonly string[]): unknown {
  let current = value;
  for (const name of names) {
    if (!isObject(current) || !Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return current;
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < path.length) {
    const rest = path.slice(at);
    const field = /^\.?((?:[^.[\]\\]|\\.)+)/.exec(rest);
    if (rest.startsWith("..")) {
      steps.push(descendants);
      at += 1;
    } else if (rest.startsWith("[")) {
      const end = closingBracket(path, at);
      steps.push(subscript(path.slice(at + 1, end).trim()));
      at = end + 1;
    } else if (field) {
      steps.push(fieldStep(field[1]!.replaceAll(/\\(.)/g, "$1")));
      at += field[0].length;
    } else if (rest.startsWith(".")) {
      at += 1;
    } else throw new Error(`unexpected ${JSON.stringify(rest)} in JSON path`);
  }
  return steps;
}

function closingBracket(path: string, start: number): number {
  let depth = 0;
  let quote = "";
  for (let i = start; i < path.length; i++) {
    const char = path[i]!;
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === "'" || char === '"') quote = char;
    else if (char === "[") depth++;
    else if (char === "]" && --depth === 0) return i;
  }
  throw new Error("unterminated array in JSON path");
}

function fieldStep(name: string): Step {
  if (name === "*") return children;
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []);
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function subscript(text: string): Step {
  if (text === "*") return children;
  const filter = /^\?\s*\((.*)\)$/s.exec(text)?.[1];
  if (filter !== undefined) return filterStep(filter.trim());
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(text);
  if (quoted) return fieldStep(quoted[1] ?? quoted[2] ?? "");
  if (/^-?\d+(,-?\d+)*$/.test(text)) {
    const indexes = text.split(",").map(Number);
    return (value) => indexes.flatMap((index) => elementAt(value, index));
  }
  const range = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (range) return rangeStep(range[1]!, range[2]!, range[3] ?? "");
  throw new Error(`invalid array index ${text}`);
}

function elementAt(value: unknown, index: number): unknown[] {
  if (!Array.isArray(value)) return [];
  const at = index < 0 ? value.length + index : index;
  return at in value ? [value[at]] : [];
}

function rangeStep(from: string, to: string, by: string): Step {
  return (value) => {
    if (!Array.isArray(value)) return [];
    const clamp = (text: string, otherwise: number) => {
      if (text === "") return otherwise;
      const at = Number(text) < 0 ? value.length + Number(text) : Number(text);
      return Math.min(Math.max(at, 0), value.length);
    };
    const step = by === "" ? 1 : Number(by);
    const part = value.slice(clamp(from, 0), clamp(to, value.length));
    return step > 1 ? part.filter((_, i) => i % step === 0) : part;
  };
}

const comparison = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s;

function filterStep(text: string): Step {
  const parts = comparison.exec(text);
  if (!parts) {
    const exists = operand(text);
    return (value) => children(value).filter((item) => exists(item).length > 0);
  }
  const left = operand(parts[1]!.trim());
  const right = operand(parts[3]!.trim());
  const operator = parts[2]!;
  return (value) =>
    children(value).filter((item) => {
      const [a] = left(item);
      const [b] = right(item);
      return a !== undefined && b !== undefined && compares(a, operator, b);
    });
}

/** One side of a comparison: a path from the item (`@.type`), or a literal. */
function operand(text: string): JsonPath {
  if (text.startsWith("@")) return jsonPath(text.slice(1));
  const quoted = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")$/s.exec(text);
  if (quoted) {
    const literal = quoted[1] ?? quoted[2]!.replaceAll(/\\(.)/g, "$1");
    return () => [literal];
  }
  if (text === "true" || text === "false") return () => [text === "true"];
  if (text !== "" && !Number.isNaN(Number(text))) return () => [Number(text)];
  throw new Error(`unrecognized ${text} in a filter of a JSON path`);
}

function compares(a: unknown, operator: string, b: unknown): boolean {
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  const order =
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a) < String(b)
        ? -1
        : String(a) === String(b)
          ? 0
          : 1;
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order >= 0;
}
