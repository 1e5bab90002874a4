import {
  type Document,
  type DocumentOptions,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  type ParseOptions,
  type SchemaOptions,
} from "yaml";
import { badRequest } from "#machinery/errors.ts";
import { limits } from "#machinery/schema/limits.ts";
import { duplicateFields } from "#machinery/schema/strict.ts";
import type { MediaType } from "../negotiate.ts";

/** What a client wrote as text, read. */
export interface RequestText {
  readonly value: unknown;
  readonly isYaml: boolean;
  /** What strictness says of keys that come twice: a warning each. */
  readonly duplicates: () => readonly string[];
}

/** Upstream's YAML is version 1.1 (`0644` is octal), in which times stay texts. */
const yamlOptions: DocumentOptions & SchemaOptions & ParseOptions = {
  version: "1.1",
  logLevel: "error",
  uniqueKeys: false,
  customTags: (tags) =>
    tags.filter((tag) => {
      if (typeof tag === "string" || tag.format === "TIME") return false;
      return !/:(timestamp|binary|omap|pairs|set)$/.test(tag.tag);
    }),
};

/** Reads JSON or YAML; the last of several equal keys counts. @throws BadRequest. */
export function readText(body: Uint8Array, media: MediaType): RequestText {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  try {
    return media === "yaml" ? readYaml(text) : readJson(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function readJson(text: string): RequestText {
  const value: unknown = JSON.parse(text);
  const duplicates = () => (mayHaveDuplicates(text, value) ? duplicateFields(text) : []);
  return { value, isYaml: false, duplicates };
}

/** YAML that is JSON, as clients send it that print YAML by its subset, is read as fast as that. */
function readYaml(text: string): RequestText {
  const value = jsonIn(text);
  if (value !== undefined) {
    const duplicates = () =>
      mayHaveDuplicates(text, value) ? duplicateKeys(documentOf(text), text) : [];
    return { value, isYaml: true, duplicates };
  }
  const document = documentOf(text);
  const duplicates = () => duplicateKeys(document, text);
  return { value: document.toJS() as unknown, isYaml: true, duplicates };
}

function jsonIn(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function documentOf(text: string): Document.Parsed {
  const document = parseDocument(text, yamlOptions);
  const [error] = document.errors;
  if (error) throw error;
  return document;
}

/** `line 3: key "a" already set in map`, by the line of the value; inner objects come first. */
function duplicateKeys(document: Document, text: string): string[] {
  const found: string[] = [];
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const visit = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) visit(item);
    if (!isMap(node)) return;
    const keys = new Set<unknown>();
    for (const { key, value } of node.items) {
      visit(value);
      if (!isScalar(key)) continue;
      const place = (isNode(value) ? value.range : undefined) ?? key.range;
      if (keys.has(key.value) && place && found.length < limits.strictErrorsMax) {
        const name = JSON.stringify(key.value);
        found.push(`line ${lineOf(place[0])}: key ${name} already set in map`);
      }
      keys.add(key.value);
    }
  };
  visit(document.contents);
  return found;
}

/** The complaints about keys as upstream's parser of YAML raises them: all in one error. */
export function asYamlError(duplicates: readonly string[]): string {
  return `yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`;
}

/** Scanning for keys that come twice is slow: only done when the text has more keys than the value. */
function mayHaveDuplicates(json: string, value: unknown): boolean {
  let inText = 0;
  for (let at = json.indexOf('":'); at >= 0; at = json.indexOf('":', at + 2)) inText++;
  return inText !== countKeys(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item);
    return count;
  }
  for (const item of Object.values(value)) count += 1 + countKeys(item);
  return count;
}
