import { type Plugin, scoreMax } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo } from "../pod-info.ts";

const mebibyte = 1024 * 1024;
/** Below the first an image is quick to pull; above the second it makes no more difference. */
const [bytesMin, bytesMaxPerContainer] = [23 * mebibyte, 1_000 * mebibyte];

/** Prefers nodes that have the pod's images already. */
export const imageLocality: Plugin = {
  name: "ImageLocality",
  helpedBy: [],
  preScore: (_pod, nodes) => nodes.every(({ node }) => !node.status?.images?.length),
  score(pod, node) {
    const containers = [...(pod.pod.spec.initContainers ?? []), ...(pod.pod.spec.containers ?? [])];
    const bytes = bytesPresent(pod, node);
    const bytesMax = bytesMaxPerContainer * containers.length;
    const share =
      (Math.min(Math.max(bytes, bytesMin), bytesMax) - bytesMin) / (bytesMax - bytesMin);
    return Math.floor(scoreMax * share);
  },
};

function bytesPresent({ pod }: PodInfo, { node }: NodeInfo): number {
  const wanted = new Set(
    [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].map(({ image }) =>
      withTag(image ?? ""),
    ),
  );
  let bytes = 0;
  for (const { names, sizeBytes } of node.status?.images ?? []) {
    if (names?.some((one) => wanted.has(one))) bytes += sizeBytes ?? 0;
  }
  return bytes;
}

function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  return last.includes(":") || last.includes("@") ? image : `${image}:latest`;
}
