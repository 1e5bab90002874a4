import { extname, join } from "node:path";
import { systemClock } from "#base/clock.ts";
import { runCli } from "#cli/main.ts";
import { repoRoot } from "#node/repo.ts";

/** The `cox` command. Other processes lie beside this file, as sources or as bundles. */

const suffix = extname(import.meta.filename);

process.exitCode = await runCli(process.argv.slice(2), {
  clock: systemClock,
  env: process.env,
  uid: process.getuid?.() ?? -1,
  terminal: process.stdout.isTTY,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  repo: repoRoot(),
  stopPods,
  entry: (name) => join(import.meta.dirname, `${name}${suffix}`),
});

async function stopPods(criSocket: string): Promise<void> {
  // loaded only here: gRPC is the greater part of this program
  const { connectCri } = await import("#kubelet/cri/client.ts");
  using cri = connectCri(criSocket, systemClock);
  const pods = await cri.listPodSandbox({}, { timeoutMs: 5_000 });
  await Promise.all(pods.map(({ id }) => cri.stopPodSandbox(id, { timeoutMs: 20_000 })));
}
