/**
 * A container runtime in memory, for hollow nodes and kubelet tests: sandboxes get addresses, containers
 * start at once and run until they are stopped, or end as `fake-program.ts` says. It keeps a few hundred
 * bytes for a container, since there are thousands of these runtimes in one process. Logs, streams and
 * real resource usage it does not have.
 */
import { AsyncQueue } from "#base/async-queue.ts";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";

import { type CriCallOptions, type CriClient, CriError } from "./cri.ts";
import { FakeImages, type FakeImagesOptions } from "./fake-images.ts";
import { type ProgramEnd, scriptedEnd } from "./fake-program.ts";
import {
  containerStatusView,
  containerView,
  type FakeContainer,
  type FakeSandbox,
  nanoseconds,
  sandboxStatusView,
  sandboxView,
  selected,
  statsView,
} from "./fake-state.ts";
import type {
  ContainerConfig,
  ContainerEvent,
  ContainerEventType,
  ExecSyncResponse,
  PodSandboxConfig,
} from "./types.ts";

export interface FakeCriOptions extends FakeImagesOptions {
  clock: Clock;
  chance: Chance;
  /** An address for a new sandbox. Default: counts up from 10.0.0.1. */
  nextIp?: () => string;
  /** What starting a sandbox or a container takes. Default 0. */
  startMs?: number;
  /** How a container's program ends; the default reads annotations and the command. */
  endOf?: (config: ContainerConfig, sandbox: PodSandboxConfig) => ProgramEnd | undefined;
  /** Answers `execSync` (exec probes, hooks). Default: exit code 0, no output. */
  onExec?: (config: ContainerConfig, cmd: readonly string[]) => Partial<ExecSyncResponse>;
}

const eventsQueuedMax = 10_000;
const killedCode = 137;
const powerLossCode = 255;

/** See the file's head. Calls fail as containerd's do; `contract.ts` holds both to the same. */
export class FakeCri implements CriClient {
  readonly #options: FakeCriOptions;
  readonly #images: FakeImages;
  readonly #sandboxes = new Map<string, FakeSandbox>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #listeners = new Set<AsyncQueue<ContainerEvent>>();
  #addresses = 0;

  constructor(options: FakeCriOptions) {
    this.#options = options;
    this.#images = new FakeImages(options);
  }

  version: CriClient["version"] = async () => ({
    version: "0.1.0",
    runtimeName: "hollow",
    runtimeVersion: "1.0.0",
    runtimeApiVersion: "v1",
  });

  status: CriClient["status"] = async () => {
    const ready = { status: true, reason: "", message: "" };
    const conditions = ["RuntimeReady", "NetworkReady"].map((type) => ({ type, ...ready }));
    return { status: { conditions }, info: {}, runtimeHandlers: [{ name: "" }] };
  };

  cgroupDriver: CriClient["cgroupDriver"] = async () => "CGROUPFS";
  updateRuntimeConfig: CriClient["updateRuntimeConfig"] = async () => {};

  runPodSandbox: CriClient["runPodSandbox"] = async (config, handler = "", call) => {
    const name = reservedName(config);
    for (const other of this.#sandboxes.values()) {
      if (reservedName(other.config) !== name) continue;
      const message = `failed to reserve sandbox name "${name}": name "${name}" is reserved for "${other.id}"`;
      throw new CriError("RunPodSandbox", "UNKNOWN", message);
    }
    const onHost = config.linux?.securityContext?.namespaceOptions?.network === "NODE";
    const sandbox: FakeSandbox = {
      id: this.#newId(),
      config,
      handler,
      createdMs: this.#options.clock.now(),
      ip: onHost ? "" : this.#nextIp(),
      ready: true,
    };
    await this.#takeTime(call);
    this.#sandboxes.set(sandbox.id, sandbox);
    this.#tell(sandbox.id, sandbox, "CONTAINER_CREATED_EVENT");
    this.#tell(sandbox.id, sandbox, "CONTAINER_STARTED_EVENT");
    return sandbox.id;
  };

  stopPodSandbox: CriClient["stopPodSandbox"] = async (id) => {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox?.ready) return;
    for (const container of this.#in(sandbox)) this.#exit(container, killedCode);
    sandbox.ready = false;
    this.#tell(id, sandbox, "CONTAINER_STOPPED_EVENT");
  };

  removePodSandbox: CriClient["removePodSandbox"] = async (id) => {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    await this.stopPodSandbox(id);
    for (const container of this.#in(sandbox)) await this.removeContainer(container.id);
    this.#sandboxes.delete(id);
    this.#tell(id, sandbox, "CONTAINER_DELETED_EVENT");
  };

  podSandboxStatus: CriClient["podSandboxStatus"] = async (id) => {
    const sandbox = this.#sandbox("PodSandboxStatus", id);
    return {
      status: sandboxStatusView(sandbox),
      info: {},
      containersStatuses: this.#in(sandbox).map(containerStatusView),
      timestamp: nanoseconds(this.#options.clock.now()),
    };
  };

  listPodSandbox: CriClient["listPodSandbox"] = async (filter = {}) =>
    Array.from(this.#sandboxes.values(), sandboxView).filter(
      (item) => selected(item, filter) && (!filter.state || filter.state.state === item.state),
    );

  updatePodSandboxResources: CriClient["updatePodSandboxResources"] = async (id) => {
    this.#sandbox("UpdatePodSandboxResources", id);
  };

  createContainer: CriClient["createContainer"] = async ({ podSandboxId, config }) => {
    const sandbox = this.#sandbox("CreateContainer", podSandboxId);
    const image = this.#images.find(config.image.image);
    const { name, attempt } = config.metadata;
    const twin = this.#in(sandbox).find(
      ({ config: { metadata } }) => metadata.name === name && metadata.attempt === attempt,
    );
    if (!image || !sandbox.ready || twin) {
      const [code, message] = !sandbox.ready
        ? ([
            "UNKNOWN",
            `failed to get sandbox container task: no running task found: task ${sandbox.id} not found`,
          ] as const)
        : twin
          ? ([
              "UNKNOWN",
              `failed to reserve container name "${name}": reserved for "${twin.id}"`,
            ] as const)
          : (["NOT_FOUND", `failed to resolve image "${config.image.image}": not found`] as const);
      throw new CriError("CreateContainer", code, message);
    }
    const container: FakeContainer = {
      id: this.#newId(),
      sandbox,
      config,
      image,
      createdMs: this.#options.clock.now(),
      state: "CONTAINER_CREATED",
      startedMs: 0,
      finishedMs: 0,
      exitCode: 0,
      timer: undefined,
    };
    this.#containers.set(container.id, container);
    this.#tell(container.id, sandbox, "CONTAINER_CREATED_EVENT");
    return container.id;
  };

  startContainer: CriClient["startContainer"] = async (id, call) => {
    const container = this.#container("StartContainer", id);
    if (container.state !== "CONTAINER_CREATED") {
      const message = `failed to set starting state for container "${id}": container is in ${container.state} state`;
      throw new CriError("StartContainer", "UNKNOWN", message);
    }
    await this.#takeTime(call);
    const { clock, endOf = scriptedEnd } = this.#options;
    container.state = "CONTAINER_RUNNING";
    container.startedMs = clock.now();
    this.#tell(id, container.sandbox, "CONTAINER_STARTED_EVENT");
    const end = endOf(container.config, container.sandbox.config);
    if (!end) return;
    container.timer = clock.after(end.afterMs, () => this.#exit(container, end.exitCode));
  };

  stopContainer: CriClient["stopContainer"] = async (id, timeoutSeconds) =>
    this.#exit(this.#container("StopContainer", id), timeoutSeconds > 0 ? 0 : killedCode);

  removeContainer: CriClient["removeContainer"] = async (id) => {
    const container = this.#containers.get(id);
    if (!container) return;
    this.#exit(container, killedCode);
    this.#containers.delete(id);
    this.#tell(id, container.sandbox, "CONTAINER_DELETED_EVENT");
  };

  listContainers: CriClient["listContainers"] = async (filter = {}) =>
    Array.from(this.#containers.values(), containerView).filter(
      (item) =>
        selected(item, filter) &&
        (!filter.state || filter.state.state === item.state) &&
        item.podSandboxId.startsWith(filter.podSandboxId ?? ""),
    );

  containerStatus: CriClient["containerStatus"] = async (id) => ({
    status: containerStatusView(this.#container("ContainerStatus", id)),
    info: {},
  });

  updateContainerResources: CriClient["updateContainerResources"] = async (id) => {
    this.#container("UpdateContainerResources", id);
  };

  reopenContainerLog: CriClient["reopenContainerLog"] = async (id) => {
    this.#running("ReopenContainerLog", id);
  };

  execSync: CriClient["execSync"] = async ({ containerId, cmd }) => {
    const { config } = this.#running("ExecSync", containerId);
    const nothing = new Uint8Array(0);
    return {
      stdout: nothing,
      stderr: nothing,
      exitCode: 0,
      ...this.#options.onExec?.(config, cmd),
    };
  };

  checkpointContainer: CriClient["checkpointContainer"] = () =>
    unimplemented("CheckpointContainer");
  exec: CriClient["exec"] = () => unimplemented("Exec");
  attach: CriClient["attach"] = () => unimplemented("Attach");
  portForward: CriClient["portForward"] = () => unimplemented("PortForward");

  containerStats: CriClient["containerStats"] = async (id) =>
    statsView(this.#running("ContainerStats", id), this.#options.clock.now());

  listContainerStats: CriClient["listContainerStats"] = async (filter) => {
    const running = { ...filter, state: { state: "CONTAINER_RUNNING" as const } };
    const listed = await this.listContainers(running);
    return Promise.all(listed.map(({ id }) => this.containerStats(id)));
  };

  podSandboxStats: CriClient["podSandboxStats"] = async (id) => {
    const { metadata, labels, annotations } = sandboxView(this.#sandbox("PodSandboxStats", id));
    const containers = await this.listContainerStats({ podSandboxId: id });
    return { attributes: { id, metadata, labels, annotations }, linux: { containers } };
  };

  listPodSandboxStats: CriClient["listPodSandboxStats"] = async (filter) => {
    const listed = await this.listPodSandbox(filter);
    return Promise.all(listed.map(({ id }) => this.podSandboxStats(id)));
  };

  supportsEvents: CriClient["supportsEvents"] = async () => true;

  async *containerEvents(signal: AbortSignal): AsyncGenerator<ContainerEvent, void, undefined> {
    const queue = new AsyncQueue<ContainerEvent>(eventsQueuedMax);
    const end = (): void => queue.fail(signal.reason);
    this.#listeners.add(queue);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    try {
      yield* queue;
    } finally {
      signal.removeEventListener("abort", end);
      this.#listeners.delete(queue);
    }
  }

  listImages: CriClient["listImages"] = async (filter) => this.#images.list(filter?.image);
  imageStatus: CriClient["imageStatus"] = async ({ image }) => this.#images.find(image);
  pullImage: CriClient["pullImage"] = ({ image }, call) => this.#images.pull(image.image, call);
  removeImage: CriClient["removeImage"] = async ({ image }) => this.#images.remove(image);

  imageFsInfo: CriClient["imageFsInfo"] = async () => ({
    imageFilesystems: [
      {
        timestamp: nanoseconds(this.#options.clock.now()),
        fsId: { mountpoint: "/var/lib/hollow" },
        usedBytes: { value: this.#images.usedBytes },
        inodesUsed: { value: 0 },
      },
    ],
    containerFilesystems: [],
  });

  /** A container's process ends now, as if by itself: what tests and faults call. */
  crash(containerId: string, exitCode: number): void {
    this.#exit(this.#container("crash", containerId), exitCode);
  }

  /** The machine loses power: everything has stopped when somebody looks again. */
  powerOff(): void {
    this.#endEvents();
    for (const container of this.#containers.values()) this.#exit(container, powerLossCode);
    for (const sandbox of this.#sandboxes.values()) sandbox.ready = false;
  }

  [Symbol.dispose](): void {
    this.#endEvents();
    for (const container of this.#containers.values()) container.timer?.[Symbol.dispose]();
  }

  #exit(container: FakeContainer, exitCode: number): void {
    container.timer?.[Symbol.dispose]();
    container.timer = undefined;
    if (container.state !== "CONTAINER_RUNNING") return;
    container.state = "CONTAINER_EXITED";
    container.finishedMs = this.#options.clock.now();
    container.exitCode = exitCode;
    this.#tell(container.id, container.sandbox, "CONTAINER_STOPPED_EVENT");
  }

  #tell(containerId: string, sandbox: FakeSandbox, containerEventType: ContainerEventType): void {
    if (this.#listeners.size === 0) return;
    const event: ContainerEvent = {
      containerId,
      containerEventType,
      createdAt: nanoseconds(this.#options.clock.now()),
      podSandboxStatus: sandboxStatusView(sandbox),
      containersStatuses: this.#in(sandbox).map(containerStatusView),
    };
    // A listener that is this far behind has to look for itself: its stream breaks.
    const behind = new CriError("GetContainerEvents", "RESOURCE_EXHAUSTED", "too many events");
    for (const queue of this.#listeners) if (!queue.tryPush(event)) queue.fail(behind);
  }

  #endEvents(): void {
    for (const queue of this.#listeners) queue.end();
    this.#listeners.clear();
  }

  #in(sandbox: FakeSandbox): FakeContainer[] {
    return [...this.#containers.values()].filter((container) => container.sandbox === sandbox);
  }

  #sandbox(method: string, id: string): FakeSandbox {
    return this.#sandboxes.get(id) ?? notFound(method, `sandbox "${id}"`);
  }

  #container(method: string, id: string): FakeContainer {
    return this.#containers.get(id) ?? notFound(method, `container "${id}"`);
  }

  #running(method: string, id: string): FakeContainer {
    const container = this.#container(method, id);
    if (container.state === "CONTAINER_RUNNING") return container;
    throw new CriError(method, "UNKNOWN", `container is in ${container.state} state`);
  }

  #newId(): string {
    return Buffer.from(this.#options.chance.bytes(32)).toString("hex");
  }

  #nextIp(): string {
    if (this.#options.nextIp) return this.#options.nextIp();
    const number = ++this.#addresses;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  }

  async #takeTime(call: CriCallOptions = {}): Promise<void> {
    const { clock, startMs = 0 } = this.#options;
    if (startMs > 0) await clock.sleep(startMs, call.signal);
  }
}

function reservedName({ metadata: { name, namespace, uid, attempt } }: PodSandboxConfig): string {
  return [name, namespace, uid, attempt].join("_");
}

function notFound(method: string, what: string): never {
  const message = `an error occurred when try to find ${what}: not found`;
  throw new CriError(method, "NOT_FOUND", message);
}

function unimplemented(method: string): Promise<never> {
  return Promise.reject(new CriError(method, "UNIMPLEMENTED", "the hollow runtime cannot do that"));
}
