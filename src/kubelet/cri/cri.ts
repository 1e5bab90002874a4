/**
 * The container runtime as the kubelet uses it: one method per CRI v1 call, whoever answers. `client.ts` asks
 * a real runtime over its socket, `fake.ts` plays one in memory; `contract.ts` holds both to the same.
 */
import type { GrpcCode } from "#machinery/grpc/errors.ts";

import type {
  ContainerStats,
  ContainerStatsFilter,
  ImageFsInfo,
  PodSandboxStats,
  PodSandboxStatsFilter,
} from "./stats.ts";
import type {
  AttachRequest,
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerEvent,
  ContainerFilter,
  ContainerStatusResponse,
  ExecRequest,
  ExecSyncResponse,
  Image,
  ImageSpec,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxFilter,
  PodSandboxStatusResponse,
  StatusResponse,
  VersionResponse,
} from "./types.ts";

/** A call the runtime refused or did not answer. `message` is the runtime's own. */
export class CriError extends Error {
  override name = "CriError";
  readonly code: GrpcCode;
  /** The call that failed, such as `RunPodSandbox`. */
  readonly method: string;

  constructor(method: string, code: GrpcCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.method = method;
    this.code = code;
  }

  /** As upstream's kubelet words it in statuses and events. */
  get rpcText(): string {
    return `rpc error: code = ${goCodeName(this.code)} desc = ${this.message}`;
  }
}

/** Whether `error` says that the runtime does not have what was asked for. */
export function isNotFound(error: unknown): boolean {
  return error instanceof CriError && error.code === "NOT_FOUND";
}

export interface CriCallOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Milliseconds until it fails with DEADLINE_EXCEEDED; without, upstream's default for the call. */
  timeoutMs?: number;
}

export interface RuntimeService {
  version(options?: CriCallOptions): Promise<VersionResponse>;
  status(request?: { verbose?: boolean }, options?: CriCallOptions): Promise<StatusResponse>;
  /** The cgroup driver the runtime wants; undefined where it cannot say (before containerd 2). */
  cgroupDriver(options?: CriCallOptions): Promise<"SYSTEMD" | "CGROUPFS" | undefined>;
  updateRuntimeConfig(podCidr: string, options?: CriCallOptions): Promise<void>;

  /** Creates and starts a sandbox; returns its id. */
  runPodSandbox(
    config: PodSandboxConfig,
    runtimeHandler?: string,
    options?: CriCallOptions,
  ): Promise<string>;
  /** Stops a sandbox and all in it. Idempotent, also for one that is gone. */
  stopPodSandbox(id: string, options?: CriCallOptions): Promise<void>;
  /** Removes a sandbox and all in it. Idempotent. */
  removePodSandbox(id: string, options?: CriCallOptions): Promise<void>;
  podSandboxStatus(
    id: string,
    request?: { verbose?: boolean },
    options?: CriCallOptions,
  ): Promise<PodSandboxStatusResponse>;
  listPodSandbox(filter?: PodSandboxFilter, options?: CriCallOptions): Promise<PodSandbox[]>;
  updatePodSandboxResources(
    id: string,
    resources: { overhead?: LinuxContainerResources; resources?: LinuxContainerResources },
    options?: CriCallOptions,
  ): Promise<void>;

  /** Creates a container in a sandbox; returns its id. */
  createContainer(
    request: { podSandboxId: string; config: ContainerConfig; sandboxConfig: PodSandboxConfig },
    options?: CriCallOptions,
  ): Promise<string>;
  startContainer(id: string, options?: CriCallOptions): Promise<void>;
  /**
   * Stops a container, killing it after `timeoutSeconds`. Idempotent for one that has stopped; for one that
   * is gone runtimes differ between success and NOT_FOUND.
   */
  stopContainer(id: string, timeoutSeconds: number, options?: CriCallOptions): Promise<void>;
  /** Removes a container, killing it first if need be. Idempotent. */
  removeContainer(id: string, options?: CriCallOptions): Promise<void>;
  listContainers(filter?: ContainerFilter, options?: CriCallOptions): Promise<Container[]>;
  containerStatus(
    id: string,
    request?: { verbose?: boolean },
    options?: CriCallOptions,
  ): Promise<ContainerStatusResponse>;
  updateContainerResources(
    id: string,
    linux: LinuxContainerResources,
    options?: CriCallOptions,
  ): Promise<void>;
  /** Makes the runtime open the log file anew, after it was renamed. */
  reopenContainerLog(id: string, options?: CriCallOptions): Promise<void>;
  checkpointContainer(
    request: { containerId: string; location: string; timeoutSeconds: number },
    options?: CriCallOptions,
  ): Promise<void>;

  /** Runs a command to its end; `timeoutSeconds` 0 waits for ever. */
  execSync(
    request: { containerId: string; cmd: string[]; timeoutSeconds: number },
    options?: CriCallOptions,
  ): Promise<ExecSyncResponse>;
  /** Prepares a stream; returns the URL where the runtime serves it. */
  exec(request: ExecRequest, options?: CriCallOptions): Promise<string>;
  attach(request: AttachRequest, options?: CriCallOptions): Promise<string>;
  portForward(
    request: { podSandboxId: string; ports: number[] },
    options?: CriCallOptions,
  ): Promise<string>;

  containerStats(id: string, options?: CriCallOptions): Promise<ContainerStats>;
  listContainerStats(
    filter?: ContainerStatsFilter,
    options?: CriCallOptions,
  ): Promise<ContainerStats[]>;
  podSandboxStats(id: string, options?: CriCallOptions): Promise<PodSandboxStats>;
  listPodSandboxStats(
    filter?: PodSandboxStatsFilter,
    options?: CriCallOptions,
  ): Promise<PodSandboxStats[]>;

  /** Whether `containerEvents` works; containerd knows it from 1.7 on. */
  supportsEvents(): Promise<boolean>;
  /** What happens to containers from now on. Throws CriError when the connection breaks. */
  containerEvents(signal: AbortSignal): AsyncIterable<ContainerEvent>;
}

export interface ImageService {
  listImages(filter?: { image?: ImageSpec }, options?: CriCallOptions): Promise<Image[]>;
  /** Undefined for an image that is not there. */
  imageStatus(image: ImageSpec, options?: CriCallOptions): Promise<Image | undefined>;
  /** Pulls an image; returns its reference. Without `timeoutMs` it may take as long as it takes. */
  pullImage(
    request: { image: ImageSpec; auth?: AuthConfig; sandboxConfig?: PodSandboxConfig },
    options?: CriCallOptions,
  ): Promise<string>;
  /** Idempotent. */
  removeImage(image: ImageSpec, options?: CriCallOptions): Promise<void>;
  imageFsInfo(options?: CriCallOptions): Promise<ImageFsInfo>;
}

/** A container runtime; disposing it closes the connection. */
export interface CriClient extends RuntimeService, ImageService, Disposable {}

function goCodeName(code: GrpcCode): string {
  if (code === "CANCELLED") return "Canceled";
  if (code === "OK") return "OK";
  return code.toLowerCase().replace(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase());
}
