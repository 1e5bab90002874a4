/** A control plane in memory for tests of controllers, with a kubelet that only pretends. */
import { type Pod, pods } from "#apis/core/pod.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { systemChance } from "#base/chance.ts";
import { rfc3339, systemClock } from "#base/clock.ts";
import { jsonLogger, silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { startInformer } from "#client/informer.ts";
import { type ControlPlane, startControlPlane } from "#cluster/control-plane.ts";
import { openPki } from "#cluster/pki.ts";
import { isReason } from "#machinery/errors.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";

export interface TestCluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly client: Client;
  /** Makes a namespace of its own; its name. */
  namespace: () => Promise<string>;
  /** Repeats until `check` no longer throws. */
  eventually: <T>(check: () => Promise<T> | T, withinMs?: number) => Promise<T>;
  /** What the pretended kubelet does with a pod; default: it runs and is ready. */
  behave: (rule: (pod: Pod) => PodFate | undefined) => void;
}

/** What becomes of a pod: it runs (ready or not), or ends with exit codes. */
export type PodFate =
  | { phase: "Running"; ready: boolean }
  | { phase: "Succeeded" | "Failed"; exitCode: number };

export async function startTestCluster(): Promise<TestCluster> {
  await using scope = new AsyncDisposableStack();
  const write = (line: string): void => void process.stderr.write(line);
  const log = process.env["COX_TEST_LOG"]
    ? jsonLogger({ clock: systemClock, write, level: "debug" })
    : silentLogger;
  const clock = systemClock;
  const pki = openPki({ clock, chance: systemChance });
  const store = scope.use(new MemoryStore({ clock }));
  const options = { store, clock, chance: systemChance, log, pki };
  const plane = scope.use(
    await startControlPlane({
      ...options,
      scheduler: false,
    }),
  );
  const client = plane.admin;
  const stop = childSignal();
  let rule: (pod: Pod) => PodFate | undefined = () => undefined;
  void pretendKubelet(client, (pod) => rule(pod), stop.signal);
  scope.defer(() => stop.abort());
  const owned = scope.move();
  let count = 0;
  return {
    plane,
    client,
    async namespace() {
      const name = `test-${++count}`;
      await client.create(namespaces, { metadata: { name } } as never);
      return name;
    },
    async eventually(check, withinMs = 10_000) {
      const deadline = clock.monotonic() + withinMs;
      for (;;) {
        try {
          return await check();
        } catch (error) {
          if (clock.monotonic() > deadline) throw error;
        }
        await clock.sleep(20);
      }
    },
    behave(next) {
      rule = next;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Runs every pod at once, wherever it is; lets go of those that are deleted. */
function pretendKubelet(
  client: Client,
  fateOf: (pod: Pod) => PodFate | undefined,
  signal: AbortSignal,
): Promise<void> {
  const informer = startInformer<Pod>({
    client,
    resource: pods,
    clock: systemClock,
    chance: systemChance,
    log: silentLogger,
    signal,
  });
  informer.onChange((next) => {
    if (next) void attend(client, next, fateOf(next)).catch(() => {});
  });
  return informer.synced;
}

let lastAddress = 1;

async function attend(client: Client, pod: Pod, fate: PodFate | undefined): Promise<void> {
  const { metadata, spec } = pod;
  if (metadata.deletionTimestamp !== undefined) {
    const { uid = "" } = metadata;
    await client
      .delete(pods, metadata, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error: unknown) => {
        if (!isReason(error, "NotFound")) throw error;
      });
    return;
  }
  const { phase = "Pending" } = pod.status ?? {};
  if (phase !== "Pending" && phase !== "Running") return;
  const wanted = fate ?? { phase: "Running" as const, ready: true };
  const ready = wanted.phase === "Running" && wanted.ready;
  const isReady = pod.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True");
  if (wanted.phase === phase && ready === (isReady ?? false)) return;
  const now = rfc3339(systemClock.now());
  const state =
    wanted.phase === "Running"
      ? { running: { startedAt: now } }
      : {
          terminated: {
            exitCode: wanted.exitCode,
            reason: "Error",
            startedAt: now,
            finishedAt: now,
          },
        };
  const ip = pod.status?.podIP ?? `10.1.0.${++lastAddress}`;
  const status = {
    ...pod.status,
    phase: wanted.phase,
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [
      { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: now },
      { type: "ContainersReady", status: ready ? "True" : "False", lastTransitionTime: now },
    ],
    containerStatuses: spec.containers.map(({ name, image = "" }) => ({
      name,
      image,
      imageID: "",
      ready,
      restartCount: 0,
      state,
      lastState: {},
    })),
  };
  await client.updateStatus(pods, { ...pod, status });
}

/** A pod template that does nothing. */
export function template(labels: Record<string, string>, more: object = {}) {
  return {
    metadata: { labels },
    spec: { containers: [{ name: "c", image: "none" }], ...more },
  };
}
