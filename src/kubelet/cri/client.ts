/** A CRI v1 runtime on its Unix socket. Calls have upstream's default deadlines unless told otherwise. */
import type { Clock } from "#base/clock.ts";
import { connectGrpc, type GrpcClient } from "#machinery/grpc/client.ts";
import { GrpcError } from "#machinery/grpc/errors.ts";

import { type CriCallOptions, type CriClient, CriError, isNotFound } from "./cri.ts";
import { criTable } from "./messages.ts";
import type { ContainerStats, ImageFsInfo, PodSandboxStats } from "./stats.ts";
import type {
  Container,
  ContainerEvent,
  ContainerStatusResponse,
  ExecSyncResponse,
  Image,
  PodSandbox,
  PodSandboxStatusResponse,
  StatusResponse,
  VersionResponse,
} from "./types.ts";

/** Upstream's `--runtime-request-timeout`. */
const requestMs = 2 * 60 * 1_000;

/** Connects to `socketPath`, at the first call and whenever the connection was lost. */
export function connectCri(socketPath: string, clock: Clock): CriClient {
  const grpc = connectGrpc(`unix:${socketPath}`, criTable, { clock, unsafeIntegers: "round" });
  const ask = caller(grpc);
  return {
    ...sandboxCalls(ask),
    ...containerCalls(ask),
    ...statsCalls(ask),
    ...imageCalls(ask),
    async supportsEvents() {
      const { runtimeName, runtimeVersion } = await ask<VersionResponse>("Version", {}, {});
      return !(runtimeName === "containerd" && /^v?1\.[0-6]\./.test(runtimeVersion));
    },
    async *containerEvents(signal) {
      const events = grpc.stream("RuntimeService", "GetContainerEvents", {}, { signal });
      try {
        yield* events as AsyncIterable<ContainerEvent>;
      } catch (error) {
        throw criError("GetContainerEvents", error);
      }
    },
    [Symbol.dispose]: () => grpc[Symbol.dispose](),
  };
}

type Ask = <Response>(
  method: string,
  request: object,
  options: CriCallOptions | undefined,
  defaultTimeoutMs?: number,
) => Promise<Response>;

function caller(grpc: GrpcClient): Ask {
  return async <Response>(
    method: string,
    request: object,
    options: CriCallOptions = {},
    defaultTimeoutMs: number = requestMs,
  ) => {
    const service =
      method in criTable.services["ImageService"]! ? "ImageService" : "RuntimeService";
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    try {
      const call = { ...options, ...(timeoutMs === Infinity ? {} : { timeoutMs }) };
      return (await grpc.call(service, method, request, call)) as Response;
    } catch (error) {
      throw criError(method, error);
    }
  };
}

function criError(method: string, error: unknown): unknown {
  if (!(error instanceof GrpcError)) return error;
  return new CriError(method, error.code, error.message, { cause: error });
}

function sandboxCalls(ask: Ask) {
  return {
    version: (options) => ask<VersionResponse>("Version", {}, options),
    status: (request = {}, options) => ask<StatusResponse>("Status", request, options),
    async cgroupDriver(options) {
      type Answer = { linux?: { cgroupDriver: "SYSTEMD" | "CGROUPFS" } };
      try {
        return (await ask<Answer>("RuntimeConfig", {}, options)).linux?.cgroupDriver;
      } catch (error) {
        if (error instanceof CriError && error.code === "UNIMPLEMENTED") return undefined;
        throw error;
      }
    },
    updateRuntimeConfig: (podCidr, options) =>
      ask("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr } } }, options),
    async runPodSandbox(config, runtimeHandler = "", options) {
      // Setting up the network may take its time: upstream gives it twice the usual.
      const request = { config, runtimeHandler };
      type Answer = { podSandboxId: string };
      return (await ask<Answer>("RunPodSandbox", request, options, 2 * requestMs)).podSandboxId;
    },
    async stopPodSandbox(podSandboxId, options) {
      try {
        await ask("StopPodSandbox", { podSandboxId }, options);
      } catch (error) {
        // The CRI wants success for a sandbox that is gone; containerd 1.6 does not know that.
        if (!isNotFound(error)) throw error;
      }
    },
    removePodSandbox: (podSandboxId, options) => ask("RemovePodSandbox", { podSandboxId }, options),
    podSandboxStatus: (podSandboxId, request, options) =>
      ask<PodSandboxStatusResponse>("PodSandboxStatus", { podSandboxId, ...request }, options),
    async listPodSandbox(filter = {}, options) {
      return (await ask<{ items: PodSandbox[] }>("ListPodSandbox", { filter }, options)).items;
    },
    updatePodSandboxResources: (podSandboxId, resources, options) =>
      ask("UpdatePodSandboxResources", { podSandboxId, ...resources }, options),
    async portForward({ podSandboxId, ports }, options) {
      const request = { podSandboxId, port: ports };
      return (await ask<{ url: string }>("PortForward", request, options)).url;
    },
  } satisfies Partial<CriClient>;
}

function containerCalls(ask: Ask) {
  const url = async (method: string, request: object, options: CriCallOptions | undefined) =>
    (await ask<{ url: string }>(method, request, options)).url;
  return {
    async createContainer(request, options) {
      return (await ask<{ containerId: string }>("CreateContainer", request, options)).containerId;
    },
    startContainer: (containerId, options) => ask("StartContainer", { containerId }, options),
    stopContainer: (containerId, timeoutSeconds, options) =>
      ask(
        "StopContainer",
        { containerId, timeout: timeoutSeconds },
        options,
        requestMs + timeoutSeconds * 1_000,
      ),
    removeContainer: (containerId, options) => ask("RemoveContainer", { containerId }, options),
    async listContainers(filter = {}, options) {
      type Answer = { containers: Container[] };
      return (await ask<Answer>("ListContainers", { filter }, options)).containers;
    },
    containerStatus: (containerId, request, options) =>
      ask<ContainerStatusResponse>("ContainerStatus", { containerId, ...request }, options),
    updateContainerResources: (containerId, linux, options) =>
      ask("UpdateContainerResources", { containerId, linux }, options),
    reopenContainerLog: (containerId, options) =>
      ask("ReopenContainerLog", { containerId }, options),
    checkpointContainer: ({ containerId, location, timeoutSeconds }, options) =>
      ask(
        "CheckpointContainer",
        { containerId, location, timeout: timeoutSeconds },
        options,
        requestMs + timeoutSeconds * 1_000,
      ),
    execSync: ({ containerId, cmd, timeoutSeconds }, options) =>
      ask<ExecSyncResponse>(
        "ExecSync",
        { containerId, cmd, timeout: timeoutSeconds },
        options,
        timeoutSeconds === 0 ? Infinity : requestMs + timeoutSeconds * 1_000,
      ),
    exec: (request, options) => url("Exec", request, options),
    attach: (request, options) => url("Attach", request, options),
  } satisfies Partial<CriClient>;
}

function statsCalls(ask: Ask) {
  return {
    async containerStats(containerId, options) {
      return (await ask<{ stats: ContainerStats }>("ContainerStats", { containerId }, options))
        .stats;
    },
    async listContainerStats(filter = {}, options) {
      type Answer = { stats: ContainerStats[] };
      return (await ask<Answer>("ListContainerStats", { filter }, options)).stats;
    },
    async podSandboxStats(podSandboxId, options) {
      type Answer = { stats: PodSandboxStats };
      return (await ask<Answer>("PodSandboxStats", { podSandboxId }, options)).stats;
    },
    async listPodSandboxStats(filter = {}, options) {
      type Answer = { stats: PodSandboxStats[] };
      return (await ask<Answer>("ListPodSandboxStats", { filter }, options)).stats;
    },
  } satisfies Partial<CriClient>;
}

function imageCalls(ask: Ask) {
  return {
    async listImages(filter = {}, options) {
      return (await ask<{ images: Image[] }>("ListImages", { filter }, options)).images;
    },
    async imageStatus(image, options) {
      return (await ask<{ image?: Image }>("ImageStatus", { image }, options)).image;
    },
    async pullImage(request, options) {
      type Answer = { imageRef: string };
      return (await ask<Answer>("PullImage", request, options, Infinity)).imageRef;
    },
    removeImage: (image, options) => ask("RemoveImage", { image }, options),
    imageFsInfo: (options) => ask<ImageFsInfo>("ImageFsInfo", {}, options),
  } satisfies Partial<CriClient>;
}
