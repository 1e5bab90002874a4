/** Removes images that no container uses when their file system fills up. */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { CriClient } from "../cri/cri.ts";
import type { Image } from "../cri/types.ts";
import type { Files } from "../host/files.ts";

export interface ImageGcOptions {
  cri: CriClient;
  files: Files;
  clock: Pick<Clock, "now">;
  log: Logger;
  highPercent: number;
  lowPercent: number;
}

/** An image that has just come is left alone for this long. */
const ageMinMs = 120_000;

export interface ImageGc {
  /**
   * Frees space if more than the high mark is used, or with `all` whatever is unused; returns the
   * bytes freed.
   */
  collect(options?: { all?: boolean }): Promise<number>;
}

interface Seen {
  firstSeenMs: number;
  lastUsedMs: number;
}

export function createImageGc(options: ImageGcOptions): ImageGc {
  const seen = new Map<string, Seen>();
  return {
    async collect({ all = false } = {}) {
      const { cri, files, clock, log, highPercent, lowPercent } = options;
      const images = await cri.listImages();
      const used = await usedImages(cri);
      const now = clock.now();
      for (const { id } of images) {
        const known = seen.get(id) ?? { firstSeenMs: now, lastUsedMs: 0 };
        if (used.has(id)) known.lastUsedMs = now;
        seen.set(id, known);
      }
      const [fs] = (await cri.imageFsInfo()).imageFilesystems;
      if (!fs?.fsId) return 0;
      const space = await files.space(fs.fsId.mountpoint);
      const usedBytes = space.totalBytes - space.freeBytes;
      if (!all && usedBytes * 100 < space.totalBytes * highPercent) return 0;
      const goal = all ? Infinity : usedBytes - (space.totalBytes * lowPercent) / 100;
      const plan = planImageGc(images, used, seen, now, goal);
      for (const { id } of plan) {
        log.info("removing an unused image", { image: id });
        await cri.removeImage({ image: id });
        seen.delete(id);
      }
      return plan.reduce((sum, { size }) => sum + size, 0);
    },
  };
}

async function usedImages(cri: CriClient): Promise<Set<string>> {
  const containers = await cri.listContainers();
  return new Set(
    containers.flatMap(({ imageRef, imageId, image }) => [imageRef, imageId, image.image]),
  );
}

/** Pure: unused images, the longest unused first, until `goalBytes` are freed. */
export function planImageGc(
  images: readonly Image[],
  used: ReadonlySet<string>,
  seen: ReadonlyMap<string, Seen>,
  nowMs: number,
  goalBytes: number,
): Image[] {
  const candidates = images
    .filter(
      ({ id, pinned, repoTags }) =>
        !pinned && !used.has(id) && !repoTags.some((tag) => used.has(tag)),
    )
    .filter(({ id }) => nowMs - (seen.get(id)?.firstSeenMs ?? nowMs) >= ageMinMs)
    .toSorted((a, b) => rank(seen.get(a.id)) - rank(seen.get(b.id)));
  const plan: Image[] = [];
  let freed = 0;
  for (const image of candidates) {
    if (freed >= goalBytes) break;
    plan.push(image);
    freed += image.size;
  }
  return plan;
}

function rank(seen: Seen | undefined): number {
  return seen ? Math.max(seen.lastUsedMs, seen.firstSeenMs / 1e3) : 0;
}
