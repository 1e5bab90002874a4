/** Pods from files of a folder: the node runs them whether or not there is an API server. */
import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Clock } from "#base/clock.ts";
import { rfc3339 } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { childSignal } from "#base/signal.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Files } from "../host/files.ts";

export interface StaticPodsOptions {
  files: Files;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  folder: string;
  nodeName: string;
  onChange: (next: Pod | undefined, old: Pod | undefined) => void;
  /** The folder has been read; called each time. */
  onRead: () => void;
}

const rescanMs = 20_000;
/** Editors write a file in several steps. */
const settleMs = 100;

/** Follows a folder of pod manifests until the signal aborts. */
export async function followStaticPods(options: StaticPodsOptions): Promise<void> {
  const { files, clock, log, signal, folder } = options;
  let known = new Map<string, Pod>();
  let wake = (): void => {};
  await files.mkdir(folder);
  const watcher = watch(folder, { signal }, () => wake());
  watcher.on("error", (error) => log.warn("static pod folder not watched", { folder, error }));
  await loop({
    name: "static pods",
    clock,
    log,
    signal,
    everyMs: 0,
    body: async () => {
      using pause = childSignal(signal);
      wake = () => pause.abort();
      known = tell(options, known, await readPods(options));
      options.onRead();
      await clock.sleep(rescanMs, pause.signal).catch(() => {});
      await clock.sleep(settleMs, signal).catch(() => {});
    },
  });
}

function tell(
  { onChange }: StaticPodsOptions,
  before: ReadonlyMap<string, Pod>,
  now: Map<string, Pod>,
): Map<string, Pod> {
  for (const [uid, pod] of before) if (!now.has(uid)) onChange(undefined, pod);
  for (const [uid, pod] of now) if (!before.has(uid)) onChange(pod, undefined);
  return now;
}

async function readPods(options: StaticPodsOptions): Promise<Map<string, Pod>> {
  const { files, log, folder } = options;
  const pods = new Map<string, Pod>();
  for (const entry of await files.readdir(folder)) {
    if (!entry.isFile() || entry.name.startsWith(".") || !/\.(ya?ml|json)$/.test(entry.name))
      continue;
    const path = join(folder, entry.name);
    try {
      const text = await files.readFile(path);
      if (text === undefined) continue;
      const pod = staticPod(text, path, options);
      pods.set(pod.metadata.uid ?? "", pod);
    } catch (error) {
      log.warn("static pod not understood", { path, error });
    }
  }
  return pods;
}

/** Completes a manifest: uid from its content, name with the node's, defaults the kubelet needs. */
export function staticPod(
  text: string,
  source: string,
  { nodeName, clock }: Pick<StaticPodsOptions, "nodeName" | "clock">,
): Pod {
  const pod = parse(text) as Pod | null;
  if (pod?.kind !== "Pod" || !pod.metadata?.name || !pod.spec?.containers?.length) {
    throw new Error("not a Pod with a name and containers");
  }
  const hash = createHash("md5")
    .update(`host:${nodeName}file:${source}`)
    .update(text)
    .digest("hex");
  const uid = pod.metadata.uid ?? hash;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName.toLowerCase()}`,
      namespace: pod.metadata.namespace ?? "default",
      uid,
      annotations: {
        ...pod.metadata.annotations,
        "kubernetes.io/config.hash": uid,
        "kubernetes.io/config.source": "file",
        "kubernetes.io/config.seen": rfc3339(clock.now()),
      },
    },
    spec: {
      ...pod.spec,
      nodeName,
      restartPolicy: pod.spec.restartPolicy ?? "Always",
      terminationGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
      dnsPolicy: pod.spec.dnsPolicy ?? "ClusterFirst",
      enableServiceLinks: pod.spec.enableServiceLinks ?? true,
      containers: pod.spec.containers.map(completed),
      ...(pod.spec.initContainers
        ? { initContainers: pod.spec.initContainers.map(completed) }
        : {}),
      tolerations: [...(pod.spec.tolerations ?? []), { effect: "NoExecute", operator: "Exists" }],
    },
    status: { phase: "Pending" },
  };
}

type Container = Pod["spec"]["containers"][number];

function completed(container: Container): Container {
  return {
    ...container,
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy: container.terminationMessagePolicy ?? "File",
    resources: container.resources ?? {},
  };
}
