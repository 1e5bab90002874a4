/** Starts one container: image, environment, mounts, create, start, postStart hook. */
import { join } from "node:path";
import { nameSuffix } from "#base/chance.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import { CriError } from "../cri/cri.ts";
import type { PodSandboxConfig } from "../cri/types.ts";
import { type ImageOnNode } from "../images/image-manager.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import { fieldPathOf } from "../pod/containers.ts";
import { tryHandler } from "../probes/handlers.ts";
import { containerConfig, logPathOf } from "../runtime/container-config.ts";
import { ConfigError, environmentOf } from "../runtime/environment.ts";
import { hostsFile, podHostname } from "../runtime/hostname.ts";
import { containerMounts } from "../runtime/mounts.ts";
import { podLogDir } from "../runtime/sandbox-config.ts";
import { refuseRoot } from "../runtime/security.ts";
import { serviceVariables, visibleServices } from "../runtime/service-env.ts";
import type { ContainerStart } from "./plan.ts";
import { downwardFacts, type NodeContext, type PodMemory } from "./pod-context.ts";
import { StartFailure } from "./start-failure.ts";
import { answeredHttp, graceSecondsOf, podIpOf, stopContainer } from "./stop-container.ts";

export interface StartRequest {
  readonly pod: Pod;
  readonly memory: PodMemory;
  readonly observed: PodObservation;
  readonly sandboxId: string;
  readonly sandbox: PodSandboxConfig;
  readonly start: ContainerStart;
  readonly resources: ResourceRequirements;
  /** Called before what may take long. */
  readonly onWait: () => void;
  readonly signal: AbortSignal;
}

/** Throws StartFailure after it has told the user why. */
export async function startContainer(node: NodeContext, request: StartRequest): Promise<void> {
  const { pod, start } = request;
  const { container } = start;
  const fieldPath = fieldPathOf(container);
  try {
    const id = await createAndStart(node, request);
    const hook = container.container.lifecycle?.postStart;
    if (hook) {
      request.onWait();
      await runPostStart(node, request, id);
    }
  } catch (error) {
    if (request.signal.aborted) throw error;
    const failure = failureOf(error);
    const silent = failure.reason === "PostStartHookError";
    const namesItself = imageReasons.has(failure.reason);
    if (!silent) {
      const what = namesItself ? failure.reason : failure.message;
      node.recorder.warning(pod, "Failed", `Error: ${what}`, { fieldPath });
    }
    throw failure;
  }
}

/** Failures whose details another event has told already. */
const imageReasons: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
]);

function failureOf(error: unknown): StartFailure {
  if (error instanceof StartFailure) return error;
  if (error instanceof ConfigError) {
    return new StartFailure("CreateContainerConfigError", error.message, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  const isRun = error instanceof CriError && error.method === "StartContainer";
  return new StartFailure(isRun ? "RunContainerError" : "CreateContainerError", message, {
    cause: error,
  });
}

async function createAndStart(node: NodeContext, request: StartRequest): Promise<string> {
  const { pod, sandboxId, sandbox, start } = request;
  const { cri, recorder } = node;
  const { name } = start.container.container;
  const fieldPath = fieldPathOf(start.container);
  const image = await ensureImage(node, request);
  const restartCount = await nextRestartCount(node, pod, name, start.previous);
  const config = await configOf(node, request, image, restartCount);
  const logDir = join(podLogDir(node.podLogsDir, pod), name);
  await node.host.files.mkdir(logDir, 0o755);
  const id = await cri.createContainer({
    podSandboxId: sandboxId,
    config,
    sandboxConfig: sandbox,
  });
  recorder.normal(pod, "Created", "Container created", { fieldPath });
  await cri.startContainer(id);
  recorder.normal(pod, "Started", "Container started", { fieldPath });
  await linkLog(node, pod, name, id, restartCount);
  return id;
}

function ensureImage(node: NodeContext, request: StartRequest): Promise<ImageOnNode> {
  const { pod, start, sandbox, onWait, signal } = request;
  const fieldPath = fieldPathOf(start.container);
  return node.images.ensure({
    pod,
    container: start.container.container,
    sandbox,
    report: {
      normal: (reason, message) => node.recorder.normal(pod, reason, message, { fieldPath }),
      warning: (reason, message) => node.recorder.warning(pod, reason, message, { fieldPath }),
    },
    onPull: onWait,
    signal,
  });
}

/** One more than the last instance; after the runtime forgot that, one more than its log says. */
async function nextRestartCount(
  node: NodeContext,
  pod: Pod,
  name: string,
  previous: ContainerObservation | undefined,
): Promise<number> {
  if (previous?.state === "created") {
    // Made, but never started: the kubelet or the runtime died in between.
    await node.cri.removeContainer(previous.id);
    return previous.restartCount;
  }
  if (previous) return previous.restartCount + 1;
  const folder = join(podLogDir(node.podLogsDir, pod), name);
  const logs = await node.host.files.readdir(folder);
  const counts = logs.flatMap(({ name: file }) => {
    const count = /^(\d+)\.log/.exec(file)?.[1];
    return count === undefined ? [] : [Number(count)];
  });
  return counts.length === 0 ? 0 : Math.max(...counts) + 1;
}

async function configOf(
  node: NodeContext,
  request: StartRequest,
  image: ImageOnNode,
  restartCount: number,
) {
  const { pod, memory, observed, start, resources } = request;
  const spec = start.container.container;
  const podIps = observed.sandboxes[0]?.ips ?? [];
  const facts = downwardFacts(node, pod, memory, podIps);
  const { namespace = "" } = pod.metadata;
  const links = pod.spec.enableServiceLinks ?? true;
  const env = await environmentOf({
    pod,
    container: spec,
    facts,
    objects: node.objects,
    services: serviceVariables(visibleServices(node.services(), namespace, links)),
    volumeFile: (volume, path) => readVolumeFile(node, pod, volume, path),
  });
  refuseRoot(pod, spec, image.user);
  const mounts = await containerMounts({
    host: node.host,
    layout: node.layout,
    volumes: node.volumes,
    pod,
    container: spec,
    env,
    hostsFile: await hostsOf(node, pod, facts.podIps),
    instance: `${restartCount}-${nameSuffix(node.chance, 8)}`,
    images: await volumeImages(node, request),
  });
  return containerConfig({
    pod,
    container: start.container,
    restartCount,
    imageRef: image.ref,
    imageUser: image.user,
    env,
    mounts,
    resources,
    settings: {
      machineMemoryBytes: node.facts.memoryBytes,
      cgroupVersion: node.facts.cgroupVersion,
    },
    targetId: targetOf(observed, spec.targetContainerName),
  });
}

function targetOf(observed: PodObservation, name: string | undefined): string | undefined {
  if (!name) return undefined;
  const target = observed.containers.find((it) => it.name === name && it.state === "running");
  if (!target) throw new ConfigError(`unable to find target container ${name}`);
  return target.id;
}

async function hostsOf(node: NodeContext, pod: Pod, ips: readonly string[]) {
  if (ips.length === 0) return undefined;
  const host = pod.spec.hostNetwork ? await node.hostsFile() : "";
  return hostsFile(pod, podHostname(pod, node.clusterDomain), ips, host);
}

async function readVolumeFile(node: NodeContext, pod: Pod, volume: string, path: string) {
  const folder = node.volumes.pathOf(pod, volume);
  if (folder === undefined) return undefined;
  const { files } = node.host;
  const real = await files.realpath(join(folder, path));
  const root = await files.realpath(folder);
  if (real === undefined || root === undefined || !real.startsWith(`${root}/`)) return undefined;
  return files.readFile(real);
}

/** Pulls the images of the pod's image volumes that the container mounts. */
async function volumeImages(
  node: NodeContext,
  request: StartRequest,
): Promise<Map<string, string>> {
  const { pod, sandbox, start, onWait, signal } = request;
  const images = new Map<string, string>();
  for (const { name, image } of pod.spec.volumes ?? []) {
    const used = start.container.container.volumeMounts?.some((mount) => mount.name === name);
    if (!image?.reference || !used) continue;
    const container = {
      name,
      image: image.reference,
      ...(image.pullPolicy ? { imagePullPolicy: image.pullPolicy } : {}),
      resources: {},
    };
    const report = {
      normal: (reason: string, message: string) => node.recorder.normal(pod, reason, message),
      warning: (reason: string, message: string) => node.recorder.warning(pod, reason, message),
    };
    const found = await node.images.ensure({
      pod, container, sandbox, report, onPull: onWait, signal,
    }); // prettier-ignore
    images.set(name, found.ref);
  }
  return images;
}

/** The link by which log collectors find the log: `pod_namespace_container-id.log`. */
async function linkLog(
  node: NodeContext,
  pod: Pod,
  container: string,
  id: string,
  restartCount: number,
): Promise<void> {
  const { name, namespace } = pod.metadata;
  const link = join(node.containerLogsDir, `${name}_${namespace}_${container}-${id}.log`);
  const log = join(podLogDir(node.podLogsDir, pod), logPathOf(container, restartCount));
  await node.host.files.symlink(log, link).catch((error: unknown) => {
    node.log.debug("log not linked", { link, error });
  });
}

async function runPostStart(node: NodeContext, request: StartRequest, id: string): Promise<void> {
  const { pod, observed, start, signal } = request;
  const { container } = start;
  const hook = container.container.lifecycle!.postStart!;
  const podIp = podIpOf(node, pod, observed);
  const target = { container: container.container, containerId: id, podIp, timeoutSeconds: 0 };
  const outcome = await tryHandler(node, hook, target, signal);
  if (outcome.result === "success" || answeredHttp(hook, outcome.output)) return;
  const fieldPath = fieldPathOf(container);
  node.recorder.warning(pod, "FailedPostStartHook", "PostStartHook failed", { fieldPath });
  await stopContainer(node, {
    pod,
    container,
    instance: { id },
    graceSeconds: graceSecondsOf(pod, container),
    message: "FailedPostStartHook",
    podIp,
    signal,
  });
  throw new StartFailure("PostStartHookError", "PostStartHook failed");
}
