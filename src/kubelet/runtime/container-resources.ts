/** Requests and limits as the kernel's knobs. */
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import { milliValue, wholeValue } from "#machinery/quantity.ts";
import type { LinuxContainerResources } from "../cri/types.ts";
import type { PodContainer } from "../pod/containers.ts";
import { qosOf } from "../pod/qos.ts";

export const cpuPeriodUs = 100_000;
const cpuQuotaUsMin = 1_000;
const cpuSharesMin = 2;
const cpuSharesMax = 262_144;

/** CPU weight of a request in thousandths of a core. */
export function sharesOf(milli: number): number {
  if (milli === 0) return cpuSharesMin;
  return Math.min(cpuSharesMax, Math.max(cpuSharesMin, Math.floor((milli * 1_024) / 1_000)));
}

/** Microseconds of CPU time per period for a limit in thousandths of a core; 0 is unlimited. */
export function quotaOf(milli: number): number {
  if (milli === 0) return 0;
  return Math.max(cpuQuotaUsMin, Math.floor((milli * cpuPeriodUs) / 1_000));
}

const oomGuaranteed = -997;
const oomBestEffort = 1_000;
const systemCriticalPriority = 2_000_000_000;

/**
 * How readily the kernel ends the container when memory runs out: the more of the machine's memory
 * a Burstable container has requested, the later. The runtime may have to clamp it.
 */
export function oomScoreAdjOf(
  pod: Pod,
  { container, kind }: PodContainer,
  machineMemoryBytes: number,
): number {
  if ((pod.spec.priority ?? 0) >= systemCriticalPriority) return oomGuaranteed;
  const qos = qosOf(pod);
  if (qos === "Guaranteed") return oomGuaranteed;
  if (qos === "BestEffort") return oomBestEffort;
  const adjustFor = (memory: string | undefined) => {
    const bytes = memory === undefined ? 0 : wholeValue(memory);
    return 1_000 - Math.floor((1_000 * bytes) / machineMemoryBytes);
  };
  let adjust = adjustFor(container.resources?.requests?.["memory"]);
  if (kind === "sidecar") {
    // A sidecar shall not go before the containers it serves.
    const regular = pod.spec.containers.map((it) => adjustFor(it.resources?.requests?.["memory"]));
    adjust = Math.min(adjust, ...regular);
  }
  if (adjust < 1_000 + oomGuaranteed) return 1_000 + oomGuaranteed;
  return adjust === oomBestEffort ? adjust - 1 : adjust;
}

export interface ResourceSettings {
  readonly machineMemoryBytes: number;
  readonly cgroupVersion: 1 | 2;
}

/** What the runtime is told about a container's resources. */
export function linuxResources(
  pod: Pod,
  container: PodContainer,
  resources: ResourceRequirements,
  { machineMemoryBytes, cgroupVersion }: ResourceSettings,
): LinuxContainerResources {
  const { limits = {}, requests = {} } = resources;
  const cpuLimit = limits["cpu"] === undefined ? 0 : milliValue(limits["cpu"]);
  const cpuRequest = requests["cpu"] === undefined ? cpuLimit : milliValue(requests["cpu"]);
  const memory = limits["memory"] === undefined ? 0 : wholeValue(limits["memory"]);
  return {
    cpuPeriod: cpuPeriodUs,
    cpuQuota: quotaOf(cpuLimit),
    cpuShares: sharesOf(cpuRequest),
    memoryLimitInBytes: memory,
    oomScoreAdj: oomScoreAdjOf(pod, container, machineMemoryBytes),
    hugepageLimits: hugepageLimits(limits),
    ...(cgroupVersion === 2 ? { unified: { "memory.oom.group": "1" } } : {}),
  };
}

function hugepageLimits(limits: Readonly<Record<string, string>>) {
  return Object.entries(limits).flatMap(([name, quantity]) => {
    const size = /^hugepages-(\d+)([KMG])i$/.exec(name);
    if (!size) return [];
    return [{ pageSize: `${size[1]}${size[2]}B`, limit: wholeValue(quantity) }];
  });
}
