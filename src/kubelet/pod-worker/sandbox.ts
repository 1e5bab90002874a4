/** Makes and ends the sandboxes of a pod: its namespaces, network address and cgroup. */
import type { Pod } from "#apis/core/pod.ts";
import { CriError } from "../cri/cri.ts";
import type { PodSandboxConfig } from "../cri/types.ts";
import type { PodObservation } from "../observer/observation.ts";
import { podLimits, podRequests } from "../pod/resources.ts";
import { cpuPeriodUs, quotaOf, sharesOf } from "../runtime/container-resources.ts";
import { podDns } from "../runtime/dns.ts";
import { podHostname } from "../runtime/hostname.ts";
import { podLogDir, sandboxConfig } from "../runtime/sandbox-config.ts";
import { localAnnotations, type NodeContext, type PodMemory } from "./pod-context.ts";
import { StartFailure } from "./start-failure.ts";

/** The configuration of the pod's sandbox number `attempt`. Throws for an impossible hostname. */
export function sandboxConfigOf(
  node: NodeContext,
  pod: Pod,
  memory: PodMemory,
  attempt: number,
): { config: PodSandboxConfig; warnings: string[] } {
  const { dns, warnings } = podDns(pod, node.dns());
  if (pod.spec.hostUsers === false) {
    // Running it in the host's user namespace instead would be less than it asked for.
    throw new Error("user namespaces are not supported by this node");
  }
  const limits = podLimits(pod);
  const config = sandboxConfig({
    pod,
    attempt,
    dns,
    hostname: podHostname(pod, node.clusterDomain),
    podLogsDir: node.podLogsDir,
    cgroupParent: node.cgroups.parentOf(pod),
    resources: {
      cpuPeriod: cpuPeriodUs,
      cpuQuota: quotaOf(limits.cpuMilli ?? 0),
      cpuShares: sharesOf(podRequests(pod).cpuMilli ?? 0),
      memoryLimitInBytes: limits.memoryBytes ?? 0,
    },
    localAnnotations: localAnnotations(pod, memory),
  });
  return { config, warnings };
}

/** Makes a sandbox. Throws StartFailure after it has told the user. */
export async function createSandbox(
  node: NodeContext,
  pod: Pod,
  memory: PodMemory,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const { cri, host, recorder, cgroups } = node;
  try {
    const { config, warnings } = sandboxConfigOf(node, pod, memory, attempt);
    for (const warning of warnings) recorder.warning(pod, "DNSConfigForming", warning);
    await Promise.all([
      cgroups.ensure(pod),
      host.files.mkdir(podLogDir(node.podLogsDir, pod), 0o755),
    ]);
    const handler = await node.runtimeHandler(pod);
    using turn = await node.sandboxStarts.acquire(signal);
    void turn;
    await cri.runPodSandbox(config, handler);
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof CriError ? error.rpcText : (error as Error).message;
    const message = `Failed to create pod sandbox: ${reason}`;
    recorder.warning(pod, "FailedCreatePodSandBox", message);
    throw new StartFailure("CreatePodSandboxError", message, { cause: error });
  }
}

/** Stops the network and the namespaces of all the pod's sandboxes. Idempotent. */
export async function stopSandboxes(
  node: NodeContext,
  pod: Pod,
  observed: PodObservation,
): Promise<void> {
  const ready = observed.sandboxes.filter((sandbox) => sandbox.ready);
  try {
    await Promise.all(ready.map(({ id }) => node.cri.stopPodSandbox(id)));
  } catch (error) {
    const reason = error instanceof CriError ? error.rpcText : (error as Error).message;
    const message = `error killing pod: failed to "KillPodSandbox" for "${pod.metadata.uid}" with KillPodSandboxError: ${JSON.stringify(reason)}`;
    node.recorder.warning(pod, "FailedKillPod", message);
    throw error;
  }
}

/** Takes everything of the pod out of the runtime. Idempotent. */
export async function removeSandboxes(node: NodeContext, observed: PodObservation): Promise<void> {
  const inSandbox = new Set(observed.sandboxes.map(({ id }) => id));
  const stray = observed.containers.filter(({ sandboxId }) => !inSandbox.has(sandboxId));
  await Promise.all([
    ...observed.sandboxes.map(({ id }) => node.cri.removePodSandbox(id)),
    ...stray.map(({ id }) => node.cri.removeContainer(id)),
  ]);
}
