import { bool, int, opaque, string } from "../types.ts";
import { CelError, CelOpaque } from "../values.ts";
import { type CelLibrary, flat, global, member, traversal } from "./library.ts";

/** Semantic versions. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */

export const semverType = opaque("kubernetes.Semver");

export class CelSemver extends CelOpaque {
  readonly typeName = "kubernetes.Semver";
  readonly core: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];

  constructor(core: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    super();
    this.core = core;
    this.pre = pre;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && order(this, other) === 0n;
  }
}

const charactersMax = 1_000;
const shape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

function parse(text: string, normalize = false): CelSemver | undefined {
  if (text.length > charactersMax) return undefined;
  const [, major, minor, patch, pre] = shape.exec(normalize ? normalized(text) : text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  const core = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  return new CelSemver(core, pre === undefined ? [] : pre.split("."));
}

/** Without a leading v and leading zeros, with a minor and a patch version. */
function normalized(text: string): string {
  const [, core = "", rest = ""] = /^v?([\d.]*)(.*)$/.exec(text) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  if (parts.length > 3 || (parts.length < 3 && rest !== "")) return text;
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function semver(text: string, normalize?: boolean): CelSemver {
  const parsed = parse(text, normalize);
  if (parsed) return parsed;
  throw new CelError(`semver ${JSON.stringify(text)} is not valid`);
}

function isSemver(text: string, normalize?: boolean): boolean {
  return parse(text, normalize) !== undefined;
}

function order(a: CelSemver, b: CelSemver): bigint {
  for (const [i, own] of a.core.entries()) {
    if (own !== b.core[i]!) return own < b.core[i]! ? -1n : 1n;
  }
  if (a.pre.length === 0 || b.pre.length === 0) {
    return BigInt(Math.sign(b.pre.length - a.pre.length));
  }
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const difference = orderParts(a.pre[i], b.pre[i]);
    if (difference !== 0) return BigInt(difference);
  }
  return 0n;
}

/** Numbers by value and before words; fewer parts before more. */
function orderParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const [x, y] = [a, b].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined));
  if (x !== undefined && y !== undefined) return x < y ? -1 : 1;
  if (x !== undefined) return -1;
  if (y !== undefined) return 1;
  return a < b ? -1 : 1;
}

const parsing = traversal(0);
const comparing = flat(1);
const both = [semverType, semverType];

export const versionLibrary: CelLibrary = {
  functions: [
    ["semver", global("string_to_semver", [string], semverType, semver, parsing)],
    ["semver", global("string_bool_to_semver", [string, bool], semverType, semver, parsing)],
    ["isSemver", global("is_semver_string", [string], bool, isSemver, parsing)],
    ["isSemver", global("is_semver_string_bool", [string, bool], bool, isSemver, parsing)],
    ["major", member("semver_major", [semverType], int, ({ core }: CelSemver) => core[0])],
    ["minor", member("semver_minor", [semverType], int, ({ core }: CelSemver) => core[1])],
    ["patch", member("semver_patch", [semverType], int, ({ core }: CelSemver) => core[2])],
    ["isGreaterThan", member("semver_is_greater_than", both, bool, (a: CelSemver, b: CelSemver) => order(a, b) > 0n, comparing)],
    ["isLessThan", member("semver_is_less_than", both, bool, (a: CelSemver, b: CelSemver) => order(a, b) < 0n, comparing)],
    ["compareTo", member("semver_compare_to", both, int, order, comparing)],
  ], // prettier-ignore
  typeNames: { "kubernetes.Semver": semverType },
};
