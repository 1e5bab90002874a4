import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/**
 * Bundles each process into one file below `.cox/dist/`: hundreds of small sources load ten times
 * slower. The launcher runs this when a source is newer than the bundles, and falls back to the
 * sources when it fails. Dependencies are bundled, too. Output: `cox.js`, `server.js`, `agent.js`,
 * and the files of worker threads beside them.
 */

const root = join(import.meta.dirname, "..");
const outdir = join(root, ".cox", "dist");

const sources: Record<string, string> = {
  cox: "cmd/cox.ts",
  server: "cmd/server.ts",
  agent: "cmd/agent.ts",
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
    entryPoints: Object.fromEntries(
      Object.entries(sources).filter(([, path]) => existsSync(join(root, path))),
    ),
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
