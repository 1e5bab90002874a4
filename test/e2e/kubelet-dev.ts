import { writeFileSync } from "node:fs";
import { systemClock } from "#base/clock.ts";
import { startKubeletCluster } from "./kubelet-cluster.ts";

// A developer's tool: a cluster to poke at with kubectl; ends after so many seconds or on SIGTERM.
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const startedMs = systemClock.monotonic();
{
  await using cluster = await startKubeletCluster({ log: (process.argv[3] ?? "info") as "info" });
  writeFileSync("/tmp/kubelet-dev.kubeconfig", cluster.kubeconfig, { mode: 0o600 });
  writeFileSync("/tmp/kubelet-dev.folder", cluster.containerd.folder);
  say(`up after ${systemClock.monotonic() - startedMs} ms`);
  await cluster.kubelet.ready;
  say(`ready after ${systemClock.monotonic() - startedMs} ms: ${cluster.containerd.image}`);
  const ending = new AbortController();
  process.once("SIGTERM", () => {
    say("told to end");
    ending.abort();
  });
  const seconds = Number(process.argv[2] ?? 60);
  await systemClock.sleep(seconds * 1_000, ending.signal).catch(() => {});
}
say(`over; still there: ${process.getActiveResourcesInfo().join(" ")}`);
