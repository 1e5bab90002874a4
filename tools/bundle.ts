import { readdirSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

/**
 * Bundles each process into one file below `.cox/dist/`: hundreds of small sources load ten times
 * slower. The launcher runs this when a source is newer than the bundles, and falls back to the
 * sources when it fails. Dependencies are bundled, too. Output: a file per command (`cox.js`,
 * `server.js`, `agent.js` …), the files of worker threads, and what several of them share.
 */

const root = join(import.meta.dirname, "..");
const outdir = join(root, ".cox", "dist");

const commands = readdirSync(join(root, "cmd")).filter((name) => name.endsWith(".ts"));
const entryPoints: Record<string, string> = {
  ...Object.fromEntries(commands.map((name) => [basename(name, ".ts"), `cmd/${name}`])),
  "sqlite-worker": "src/store/sqlite/worker.ts",
};

/** CommonJS dependencies ask for Node's modules with `require`. */
const banner =
  'import { createRequire as $createRequire } from "node:module";' +
  "const require = $createRequire(import.meta.url);";

const fresh = `${outdir}.${process.pid}`;
await mkdir(dirname(outdir), { recursive: true });
try {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: fresh,
    bundle: true,
    platform: "node",
    format: "esm",
    splitting: true, // gRPC, the greater part of `cox`, is loaded only by who needs it
    target: "node24",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "error",
    banner: { js: banner },
  });
  await rm(outdir, { recursive: true, force: true });
  await rename(fresh, outdir);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
