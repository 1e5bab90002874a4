import { expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import { type CelProgram, compileCel } from "./cel.ts";
import { celEnvironment } from "./environment.ts";
import { fromJson } from "./json-values.ts";
import { mutationLibraries } from "./library/kubernetes.ts";
import { CelCompileError } from "./source-errors.ts";
import { dyn } from "./types.ts";
import { CelCostError, CelError } from "./values.ts";

const env = celEnvironment({ libraries: mutationLibraries, variables: { object: dyn } });
const object = fromJson(
  { name: "wéb", count: 3, ratio: 0.5, on: true, none: null, list: [1, "a", []], map: { a: 1 } },
  dyn,
);
const costMax = 100_000;

const atoms = `object object.name object.count object.list object.map object.nope object.none x true
  null 0 -1 9223372036854775807 -9223372036854775808 3u 0.5 1e308 '' 'a' '10.0.0.1' '10.0.0.0/8'
  '1.2.3' '1Gi' 'https://a:1/b?c=d' '2024-01-01T00:00:00Z' '1h' '[a-z' '%s %d %v %' b'\\xff' [] {}
  [1,2] ['b','a'] {'a':1} duration('1s') timestamp(0) int type(1)`.split(/\s+/);
const unary = ["!", "-"];
const binary = "+ - * / % == != < <= > >= && || in".split(" ");
const functions =
  `size int uint double string bytes bool duration timestamp dyn type ip isIP cidr isCIDR
  ip.isCanonical quantity isQuantity semver isSemver url isURL format.named format.dns1123Label
  sets.contains sets.equivalent sets.intersects lists.range optional.of optional.none
  optional.ofNonZeroValue strings.quote`.split(/\s+/);
const methods =
  `size contains startsWith endsWith matches find findAll replace split join substring trim
  charAt indexOf lastIndexOf lowerAscii upperAscii format slice flatten sort distinct reverse sum min
  max isSorted getSeconds getFullYear getHours add sub compareTo isGreaterThan asInteger asApproximateFloat
  major getHost getQuery family containsIP containsCIDR masked prefixLength orValue or value hasValue
  validate isLessThan sign`.split(/\s+/);
const macros = `all exists exists_one map filter sortBy transformList transformMap optMap optFlatMap
  existsOne`.split(/\s+/);

function expressionOf(below: (n: number) => number, depth: number): string {
  const one = (of: readonly string[]) => of[below(of.length)]!;
  const inner = () => expressionOf(below, depth - 1);
  const args = () => Array.from({ length: below(4) }, inner).join(", ");
  if (depth === 0) return below(2) === 0 ? one(atoms) : `dyn(${one(atoms)})`;
  switch (below(10)) {
    case 0:
      return one(unary) + inner();
    case 1:
    case 2:
      return `(${inner()} ${one(binary)} ${inner()})`;
    case 3:
      return `${one(functions)}(${args()})`;
    case 4:
    case 5:
      return `${inner()}.${one(methods)}(${args()})`;
    case 6:
      return `${inner()}.${one(macros)}(x, ${below(2) === 0 ? "y, " : ""}${inner()})`;
    case 7:
      return `${inner()}[${below(2) === 0 ? "?" : ""}${inner()}]`;
    case 8:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    default:
      return `[${args()}]`;
  }
}

function compiled(expression: string): CelProgram | undefined {
  try {
    return compileCel(expression, env);
  } catch (error) {
    if (error instanceof CelCompileError) return undefined;
    throw new Error(`compiling ${expression}`, { cause: error });
  }
}

function evaluated(expression: string, program: CelProgram): boolean {
  try {
    const { cost } = program.evaluate(() => object, costMax);
    expect(cost, expression).toBeLessThanOrEqual(costMax);
    return true;
  } catch (error) {
    if (error instanceof CelError || error instanceof CelCostError) return false;
    throw new Error(`evaluating ${expression}`, { cause: error });
  }
}

test("whatever is written, it compiles or is refused, and has a value or a told error", () => {
  const chance = seededChance(7);
  const below = (n: number) => chance.integer(n);
  const counts = { compiled: 0, evaluated: 0 };
  for (let round = 0; round < 6_000; round++) {
    const expression = expressionOf(below, 1 + below(4));
    const program = compiled(expression);
    if (program === undefined) continue;
    counts.compiled++;
    if (evaluated(expression, program)) counts.evaluated++;
  }
  expect(counts.compiled).toBeGreaterThan(500);
  expect(counts.evaluated).toBeGreaterThan(200);
});
