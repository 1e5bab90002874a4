import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster } from "#cluster/index.ts";
import { kubeconfigFile } from "./kubeconfig-file.ts";

/** The official Python client, as Debian packages it, against a cluster in this process. */

const run = promisify(execFile);
/** Debian's own: its packages are for no other Python that may come first in PATH. */
const python = "/usr/bin/python3";
const packageFolder = "/usr/lib/python3/dist-packages/kubernetes";
const scope = new AsyncDisposableStack();
let kubeconfig = "";

beforeAll(async () => {
  if (!existsSync(packageFolder)) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const install = ["install", "--yes", "--no-install-recommends", "python3-kubernetes"];
    await run("apt-get", install, { env });
  }
  const cluster = scope.use(await startCluster({ nodes: 2, listen: true }));
  kubeconfig = scope.use(await kubeconfigFile(await cluster.kubeconfig())).path;
}, 5 * 60_000);
afterAll(() => scope.disposeAsync());

test("lists, watches, creates, patches and deletes", async () => {
  const script = join(import.meta.dirname, "python-client.py");
  const { stdout } = await run(python, [script, kubeconfig], { timeout: 50_000 });
  expect(JSON.parse(stdout)).toEqual({
    nodes: ["node-1", "node-2"],
    created: { a: "1" },
    patched: { a: "2", b: "1" },
    jsonPatched: { a: "3", b: "1" },
    events: [
      ["ADDED", "1"],
      ["MODIFIED", "2"],
      ["MODIFIED", "3"],
      ["DELETED", "3"],
    ],
    conflict: [409, "AlreadyExists"],
    gone: [404, "NotFound"],
    invalid: [422, "Invalid"],
    ready: 2,
    kinds: ["Deployment", "Pod"],
  });
});
