/** A simulated node over a small API in memory, in virtual time. Only tests import this. */
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import type { Event } from "#apis/core/event.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import { createClient } from "#client/client.ts";
import type { ObjectMeta } from "#machinery/object-meta.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { FakeCri, type FakeCriOptions } from "./cri/fake.ts";
import { simulatedHost } from "./host/host.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";

export const nodeName = "node-1";
export const image = "registry.test/app:1";

type Container = PodSpec["containers"][number];

/** A container that runs until it is stopped, unless `more` says otherwise. */
export function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image, imagePullPolicy: "IfNotPresent", resources: {}, ...more };
}

/** A pod of this node as the API would hold it. */
export function podOf(
  spec: Partial<PodSpec> = {},
  metadata: Partial<ObjectMeta> = {},
  status: PodStatus = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", generation: 1, uid: "uid-p", ...metadata },
    spec: {
      nodeName,
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      containers: [container("c")],
      ...spec,
    },
    status,
  };
}

export interface TestNode extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly cri: FakeCri;
  readonly api: MemoryApi;
  kubelet: Kubelet;
  create(pod: Pod): Promise<Pod>;
  /** Replaces the pod's object by what `change` makes of it. */
  change(change: (pod: Pod) => Pod): Promise<void>;
  /** Marks the pod as being deleted, as the API does for a graceful deletion. */
  deleteGracefully(seconds: number): Promise<void>;
  /** The pod's status as the kubelet last set it. */
  status(): PodStatus;
  /** `Reason message` of all events so far, in order; repetitions left out. */
  events(): string[];
  /** `name state` of each container, newest first. */
  containers(): Promise<string[]>;
  restartKubelet(): Promise<void>;
}

export async function startTestNode(options: Partial<FakeCriOptions> = {}): Promise<TestNode> {
  const clock = new VirtualClock();
  const chance = seededChance(1);
  const api = new MemoryApi();
  const client = createClient(api);
  const cri = new FakeCri({ clock, chance, ...options });
  const start = async (): Promise<Kubelet> => {
    const kubelet = await startKubelet({
      client,
      cri,
      clock,
      chance,
      log: silentLogger,
      signal: new AbortController().signal,
      nodeName,
      host: simulatedHost(),
    });
    await clock.advance(0);
    return kubelet;
  };
  let pod: Pod | undefined;
  const node: TestNode = {
    clock,
    cri,
    api,
    kubelet: await start(),
    async create(wanted) {
      pod = await client.create(pods, wanted);
      await clock.advance(0);
      return pod;
    },
    async change(change) {
      const { name, namespace } = pod!.metadata;
      const current = await client.get(pods, { name, namespace });
      const { resourceVersion: _, ...metadata } = current.metadata;
      pod = await client.update(pods, change({ ...current, metadata }));
      await clock.advance(0);
    },
    deleteGracefully: (seconds) =>
      node.change((it) => ({
        ...it,
        metadata: {
          ...it.metadata,
          deletionTimestamp: new Date(clock.now()).toISOString(),
          deletionGracePeriodSeconds: seconds,
        },
      })),
    status: () => node.kubelet.node.statuses.get(pod!),
    events: () => podEvents(api),
    async containers() {
      const inOrder = await cri.listContainers();
      return inOrder
        .toReversed()
        .map(({ metadata, state }) => `${metadata.name} ${state.slice(10).toLowerCase()}`);
    },
    async restartKubelet() {
      await node.kubelet[Symbol.asyncDispose]();
      node.kubelet = await start();
      await clock.advance(0);
    },
    async [Symbol.asyncDispose]() {
      await node.kubelet[Symbol.asyncDispose]();
      cri[Symbol.dispose]();
    },
  };
  return node;
}

function podEvents(api: MemoryApi): string[] {
  const found = [...api.objects.values()].filter(({ kind }) => kind === "Event") as Event[];
  const ofPod = found.filter(({ involvedObject }) => involvedObject.kind === "Pod");
  return ofPod.map(({ reason, message }) => `${reason} ${message}`);
}
