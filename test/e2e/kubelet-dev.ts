import { writeFileSync } from "node:fs";
import { systemClock } from "#base/clock.ts";
import { startKubeletCluster } from "./kubelet-cluster.ts";

// developer's tool: a cluster to poke at with kubectl; ends after N seconds
const t0 = performance.now();
await using cluster = await startKubeletCluster({ log: (process.argv[3] ?? "info") as "info" });
writeFileSync("/tmp/kubelet-dev.kubeconfig", cluster.kubeconfig, { mode: 0o600 });
writeFileSync("/tmp/kubelet-dev.folder", cluster.containerd.folder);
console.error("up after", performance.now() - t0);
await cluster.kubelet.ready;
console.error("ready after", performance.now() - t0, cluster.containerd.image);
const ending = new AbortController();
process.once("SIGTERM", () => ending.abort());
await systemClock.sleep(Number(process.argv[2] ?? 60) * 1000, ending.signal).catch(() => {});
