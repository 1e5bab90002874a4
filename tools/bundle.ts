import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

/**
 * Bundles each command of `cmd/` into one file below `.cox/dist/`: hundreds of small sources load
 * ten times slower. The launcher runs this when a source is newer than the bundles, and falls back
 * to the sources when it fails. Dependencies are bundled, too.
 */

const root = join(import.meta.dirname, "..");
const outdir = join(root, ".cox", "dist");
const entries = ["cox", "server", "agent"].filter((name) =>
  existsSync(join(root, "cmd", `${name}.ts`)),
);

/** CommonJS dependencies ask for Node's modules with `require`. */
const banner =
  'import { createRequire as $createRequire } from "node:module";' +
  "const require = $createRequire(import.meta.url);";

const started = new Set<string>();

/**
 * A worker is started from `new URL("./worker.ts", import.meta.url)`, which means another file once
 * it is bundled: such a file becomes an entry of its own and the URL its name.
 */
const workers: Plugin = {
  name: "workers",
  setup(on) {
    on.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const pattern = /new URL\(\s*"(\.{1,2}\/[^"]+\.ts)",\s*import\.meta\.url,?\s*\)/g;
      if (!pattern.test(text)) return undefined;
      const contents = text.replace(pattern, (_whole, specifier: string) => {
        const worker = join(dirname(path), specifier);
        started.add(worker);
        return `new URL("./${workerName(worker)}.js", import.meta.url)`;
      });
      return { contents, loader: "ts" };
    });
  },
};

function workerName(path: string): string {
  return relative(join(root, "src"), path).replaceAll("/", "-").replace(/\.ts$/, "");
}

async function bundle(entryPoints: Record<string, string>, into: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: into,
    bundle: true,
    splitting: false,
    platform: "node",
    format: "esm",
    target: "node24",
    conditions: ["node"],
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: "none",
    logLevel: "error",
    banner: { js: banner },
    plugins: [workers],
  });
}

const fresh = `${outdir}.${process.pid}`;
await mkdir(dirname(outdir), { recursive: true });
try {
  await bundle(Object.fromEntries(entries.map((name) => [name, `cmd/${name}.ts`])), fresh);
  const names = [...started].map((path) => [workerName(path), path] as const);
  if (names.length > 0) await bundle(Object.fromEntries(names), fresh);
  await rm(outdir, { recursive: true, force: true });
  await rename(fresh, outdir);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
