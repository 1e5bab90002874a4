/** Small objects for tests of plans: what matters is given, the rest is plausible. */
import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import type { Job } from "#apis/batch/job.ts";
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { OwnerReference } from "#machinery/meta.ts";
import { deepFreeze } from "#machinery/readonly.ts";

/** The moment at which plans are asked. */
export const testNowMs = Date.parse("2026-01-01T12:00:00Z");

/** RFC 3339, `seconds` before `testNowMs`. */
export function ago(seconds: number): string {
  return new Date(testNowMs - seconds * 1_000).toISOString().replace(".000Z", "Z");
}

export interface PodTraits {
  name: string;
  uid?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  owner?: OwnerReference;
  node?: string;
  phase?: string;
  ready?: boolean;
  /** Seconds since it became ready. */
  readyFor?: number;
  /** Seconds since it was created. */
  age?: number;
  deleted?: boolean;
  restarts?: number;
  exitCode?: number;
  ip?: string;
  spec?: object;
  conditions?: { type: string; status: string; reason?: string }[];
}

/** A frozen pod: whoever writes to it throws. */
export function podOf(traits: PodTraits): Pod {
  const { name, phase = "Running", ready = phase === "Running", readyFor = 60 } = traits;
  const { age = 120, restarts = 0, ip, exitCode } = traits;
  const state =
    exitCode === undefined
      ? { running: { startedAt: ago(readyFor) } }
      : { terminated: { exitCode, startedAt: ago(readyFor), finishedAt: ago(readyFor) } };
  return deepFreeze({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "n",
      uid: traits.uid ?? `uid-${name}`,
      creationTimestamp: ago(age),
      ...(traits.labels ? { labels: traits.labels } : {}),
      ...(traits.annotations ? { annotations: traits.annotations } : {}),
      ...(traits.finalizers ? { finalizers: traits.finalizers } : {}),
      ...(traits.owner ? { ownerReferences: [traits.owner] } : {}),
      ...(traits.deleted ? { deletionTimestamp: ago(1), deletionGracePeriodSeconds: 30 } : {}),
    },
    spec: {
      containers: [{ name: "c", image: "i" }],
      ...(traits.node === undefined ? {} : { nodeName: traits.node }),
      ...traits.spec,
    },
    status: {
      phase,
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [
        { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(readyFor) },
        ...(traits.conditions ?? []),
      ],
      containerStatuses: [{ name: "c", ready, restartCount: restarts, state }],
    },
  } as unknown as Pod);
}

export function replicaSetOf(traits: {
  name: string;
  replicas: number;
  available?: number;
  image?: string;
  annotations?: Record<string, string>;
  age?: number;
}): ReplicaSet {
  const { name, replicas, available = replicas, image = "i", annotations, age = 100 } = traits;
  return deepFreeze({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name,
      namespace: "n",
      uid: `uid-${name}`,
      generation: 1,
      creationTimestamp: ago(age),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: "a", "pod-template-hash": name } },
      template: {
        metadata: { labels: { app: "a", "pod-template-hash": name } },
        spec: { containers: [{ name: "c", image }] },
      },
    },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  } as unknown as ReplicaSet);
}

export function deploymentOf(spec: object, more: object = {}): Deployment {
  return deepFreeze({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", namespace: "n", uid: "uid-d", generation: 1 },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "a" } },
      template: {
        metadata: { labels: { app: "a" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...spec,
    },
    ...more,
  } as unknown as Deployment);
}

export function jobOf(spec: object, status: object = {}, metadata: object = {}): Job {
  return deepFreeze({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "n", uid: "uid-j", ...metadata },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: { job: "j" } },
      template: {
        metadata: { labels: { job: "j" } },
        spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" },
      },
      ...spec,
    },
    status,
  } as unknown as Job);
}

export function nodeOf(
  name: string,
  conditions: Record<string, string>,
  more: { spec?: object; labels?: Record<string, string> } = {},
): Node {
  return deepFreeze({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-${name}`, labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({
        type,
        status,
        lastTransitionTime: ago(60),
      })),
    },
  } as unknown as Node);
}
