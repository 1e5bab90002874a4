/** Limits on what a pod may keep on the node's disk. The kernel does not hold pods to them: eviction does. */
import { amountsOf, podAmounts } from "#apis/core/pod-requests.ts";
import type { Pod } from "#apis/core/pod.ts";
import { wholeValue } from "#machinery/quantity.ts";
import type { Files } from "../host/files.ts";
import { regularContainersOf } from "../pod/containers.ts";
import type { PodSummary } from "../server/summary.ts";

const resource = "ephemeral-storage";

/** Bytes in each emptyDir volume of a pod that lies on disk. */
export type VolumeBytes = ReadonlyMap<string, number>;

/** Whether a pod has limits that somebody has to look after. */
export function hasStorageLimits(pod: Pod): boolean {
  return (
    limitedVolumes(pod).length > 0 ||
    regularContainersOf(pod).some(({ container }) => container.resources?.limits?.[resource])
  );
}

/** Pure: why a pod has to go, in upstream's words; undefined while it keeps within its limits. */
export function overLimit(
  pod: Pod,
  stats: PodSummary | undefined,
  volumes: VolumeBytes,
): string | undefined {
  for (const { name, sizeLimit } of limitedVolumes(pod)) {
    if ((volumes.get(name) ?? 0) <= wholeValue(sizeLimit)) continue;
    return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(sizeLimit)}. `;
  }
  const limits = regularContainersOf(pod).map(({ container }) => container.resources?.limits);
  const isWhole = limits.every((limit) => limit?.[resource] !== undefined);
  const total = podAmounts(pod, { what: "limits" }).get(resource);
  const inVolumes = volumes.values().reduce((sum, bytes) => sum + bytes, 0);
  const used = (stats?.[resource]?.usedBytes ?? 0) + inVolumes;
  if (isWhole && total !== undefined && used > total) {
    const text = pod.spec.resources?.limits?.[resource] ?? sumText(limits, total);
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${text}. `;
  }
  for (const { container } of regularContainersOf(pod)) {
    const limit = amountsOf(container.resources?.limits).get(resource);
    const one = stats?.containers.find(({ name }) => name === container.name);
    const bytes = (one?.rootfs?.usedBytes ?? 0) + (one?.logs?.usedBytes ?? 0);
    if (limit === undefined || bytes <= limit) continue;
    const text = JSON.stringify(container.resources?.limits?.[resource]);
    return `Container ${container.name} exceeded its local ephemeral storage limit ${text}. `;
  }
  return undefined;
}

function sumText(limits: readonly (Record<string, string> | undefined)[], total: number): string {
  const [only] = limits;
  return limits.length === 1 ? (only?.[resource] ?? String(total)) : String(total);
}

function limitedVolumes({ spec }: Pod): { name: string; sizeLimit: string }[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) =>
    emptyDir?.sizeLimit && emptyDir.medium !== "Memory" && wholeValue(emptyDir.sizeLimit) > 0
      ? [{ name, sizeLimit: emptyDir.sizeLimit }]
      : [],
  );
}

/** A volume with more files than this is counted only so far. */
const entriesMax = 100_000;

/** What a folder's files take on disk, links and other file systems' roots not followed. */
export async function folderBytes(files: Files, folder: string): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && entries < entriesMax; next = folders.pop()) {
    for (const entry of await files.readdir(next)) {
      entries++;
      const path = `${next}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else bytes += ((await files.lstat(path))?.blocks ?? 0) * 512;
    }
  }
  return bytes;
}
