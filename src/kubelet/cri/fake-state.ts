/** What the fake runtime remembers, and how that looks in the CRI's words. */
import type { Timer } from "#base/clock.ts";

import type { ContainerStats } from "./stats.ts";
import type {
  Container,
  ContainerConfig,
  ContainerState,
  ContainerStatus,
  Image,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
} from "./types.ts";

export interface FakeSandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly handler: string;
  readonly createdMs: number;
  /** "" on the host's network. */
  readonly ip: string;
  ready: boolean;
}

export interface FakeContainer {
  readonly id: string;
  readonly sandbox: FakeSandbox;
  readonly config: ContainerConfig;
  readonly image: Image;
  readonly createdMs: number;
  state: ContainerState;
  startedMs: number;
  finishedMs: number;
  exitCode: number;
  /** Pending end of a running container. */
  timer: Timer | undefined;
}

export function nanoseconds(ms: number): number {
  return ms * 1_000_000;
}

export function sandboxView({ id, config, handler, createdMs, ready }: FakeSandbox): PodSandbox {
  return {
    id,
    metadata: config.metadata,
    state: ready ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
    createdAt: nanoseconds(createdMs),
    labels: config.labels ?? {},
    annotations: config.annotations ?? {},
    runtimeHandler: handler,
  };
}

export function sandboxStatusView(sandbox: FakeSandbox): PodSandboxStatus {
  const options = sandbox.config.linux?.securityContext?.namespaceOptions;
  return {
    ...sandboxView(sandbox),
    network: { ip: sandbox.ready ? sandbox.ip : "", additionalIps: [] },
    linux: { namespaces: { options: options ?? {} } },
  };
}

export function containerView(container: FakeContainer): Container {
  const { id, sandbox, config, image, state, createdMs } = container;
  return {
    id,
    podSandboxId: sandbox.id,
    metadata: config.metadata,
    image: config.image,
    imageRef: image.id,
    imageId: image.id,
    state,
    createdAt: nanoseconds(createdMs),
    labels: config.labels ?? {},
    annotations: config.annotations ?? {},
  };
}

export function containerStatusView(container: FakeContainer): ContainerStatus {
  const { podSandboxId: _, ...common } = containerView(container);
  const { config, sandbox, state, startedMs, finishedMs, exitCode } = container;
  const exited = state === "CONTAINER_EXITED";
  const folder = sandbox.config.logDirectory ?? "";
  return {
    ...common,
    startedAt: nanoseconds(startedMs),
    finishedAt: nanoseconds(finishedMs),
    exitCode,
    reason: exited ? (exitCode === 0 ? "Completed" : "Error") : "",
    message: "",
    mounts: config.mounts ?? [],
    logPath: config.logPath === undefined ? "" : `${folder}/${config.logPath}`,
    ...(config.linux?.resources && { resources: { linux: config.linux.resources } }),
  };
}

/** An idle process: a hundredth of a core, a megabyte. */
export function statsView(container: FakeContainer, nowMs: number): ContainerStats {
  const { id, metadata, labels, annotations } = containerView(container);
  const timestamp = nanoseconds(nowMs);
  const ranMs = nowMs - container.startedMs;
  return {
    attributes: { id, metadata, labels, annotations },
    cpu: {
      timestamp,
      usageCoreNanoSeconds: { value: nanoseconds(ranMs) / 100 },
      usageNanoCores: { value: 10_000_000 },
    },
    memory: { timestamp, workingSetBytes: { value: 1024 * 1024 } },
    writableLayer: { timestamp, usedBytes: { value: 4096 }, inodesUsed: { value: 1 } },
  };
}

/** Whether an id begins with the one asked for and all labels asked for are there. */
export function selected(
  item: { id: string; labels: Record<string, string> },
  filter: { id?: string; labelSelector?: Record<string, string> },
): boolean {
  if (!item.id.startsWith(filter.id ?? "")) return false;
  return Object.entries(filter.labelSelector ?? {}).every(
    ([key, value]) => item.labels[key] === value,
  );
}
