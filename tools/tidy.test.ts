import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { mayImport } from "./layers.ts";
import { importsOf, sourceFiles } from "./source-files.ts";

const source = sourceFiles("src", "cmd");
const production = source.filter(({ path }) => !path.endsWith(".test.ts"));

test("folders import only what the architecture diagram allows", () => {
  const wrong = source.flatMap((file) => {
    const layer = file.path.match(/^src\/([^/]+)\//)?.[1];
    if (layer === undefined) return [];
    if (!(layer in mayImport)) return [`${file.path}: add src/${layer}/ to tools/layers.ts`];
    const allowed: readonly string[] = mayImport[layer as keyof typeof mayImport];
    return importsOf(file).flatMap(({ specifier, line }) => {
      if (specifier.startsWith("../../")) {
        return [`${file.path}:${line}: use a #layer/ import instead of ${specifier}`];
      }
      const target = specifier.match(/^#([^/]+)\//)?.[1];
      if (target === undefined || target === layer || allowed.includes(target)) return [];
      if (target === "testkit" && /(\.test|\/testkit)\.ts$/.test(file.path)) return [];
      return [`${file.path}:${line}: ${layer} may not import ${target} (see tools/layers.ts)`];
    });
  });
  expect(wrong).toEqual([]);
});

test("no import cycle survives to run time", () => {
  const graph = new Map(
    production.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ typeOnly }) => !typeOnly)
        .map(({ specifier }) => resolveImport(file.path, specifier))
        .filter((path) => path !== undefined),
    ]),
  );
  expect(findCycle(graph)).toBeUndefined();
});

type Ban = readonly [pattern: RegExp, use: string, except?: RegExp];
const banned: readonly Ban[] = [
  [
    /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    "the Clock that was passed in",
    /^src\/base\//,
  ],
  [/(?<!\.)\bsetTimeout\(|(?<!\.)\bsetInterval\(/, "clock.after or clock.sleep", /^src\/base\//],
  [/\bMath\.random\(|\brandomUUID\(/, "the Chance that was passed in", /^src\/base\//],
  [/\bconsole\.|\bprocess\.exit\(/, "the Logger, or process.exitCode", /^(cmd|src\/cli)\//],
  [/\bextends EventEmitter\b|\bnew EventEmitter\b/, "an AsyncIterable or a direct call"],
  [/^export default\b/m, "a named export"],
  [/\b(enum|namespace)\s+[A-Z]\w*\s*\{/, "an `as const` object"],
  [/: any\b|<any>|\bas any\b|any\[\]/, "unknown, or the real type"],
  [/\bFIXME\b|\bXXX\b/, "a mended line"],
];

test.each(banned)("nobody writes %s", (...ban) => {
  const [pattern, use, except] = ban as unknown as Ban;
  const wrong = production.flatMap(({ path, text }) => {
    if (except?.test(path)) return [];
    return text.split("\n").flatMap((line, index) => {
      const code = line.replace(/^\s*(\*|\/\/|\/\*).*$/, "").replace(/\s\/\/ .*$/, "");
      return pattern.test(code) ? [`${path}:${index + 1}: use ${use}`] : [];
    });
  });
  expect(wrong).toEqual([]);
});

/** Files that are one table or one protocol, longer than the rest for that reason alone. */
const longFiles = new Set<string>([]);
const linesMax = 400;

test(`files have at most ${linesMax} lines`, () => {
  const wrong = production
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ path, lines }) => lines > linesMax && !longFiles.has(path))
    .map(({ path, lines }) => `${path}: ${lines} lines; split it by topic`);
  expect(wrong).toEqual([]);
});

test("tests use the real parts", () => {
  const wrong = source.filter(({ text }) => /\bvi\.(mock|doMock|spyOn)\(/.test(text));
  expect(wrong.map(({ path }) => `${path}: inject what varies instead of mocking`)).toEqual([]);
});

function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return join("src", specifier.slice(1));
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  return undefined;
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  function visit(node: string): string[] | undefined {
    const start = trail.indexOf(node);
    if (start >= 0) return [...trail.slice(start), node];
    if (done.has(node)) return undefined;
    trail.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    done.add(node);
    return undefined;
  }
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}
