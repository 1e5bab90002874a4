import type { Clock } from "#base/clock.ts";

import { type CriCallOptions, CriError } from "./cri.ts";
import type { Image, ImageSpec } from "./types.ts";

export interface FakeImagesOptions {
  clock: Clock;
  /** What a pull takes. Default 0. */
  pullMs?: number;
  /** Whether an image exists in some registry. Default: all but those of `registry.invalid`. */
  canPull?: (image: string) => boolean;
}

const imageBytes = 4 * 1024 * 1024;

/** The images of a fake runtime: names without content. */
export class FakeImages {
  readonly #options: FakeImagesOptions;
  /** By full reference. */
  readonly #images = new Map<string, Image>();

  constructor(options: FakeImagesOptions) {
    this.#options = options;
  }

  /** By any name of the image: short, full, digest or id. */
  find(name: string): Image | undefined {
    const found = this.#images.get(fullReference(name));
    if (found) return found;
    for (const image of this.#images.values()) if (image.id === name) return image;
    return undefined;
  }

  list(filter?: ImageSpec): Image[] {
    if (!filter?.image) return [...this.#images.values()];
    const image = this.find(filter.image);
    return image ? [image] : [];
  }

  async pull(name: string, call: CriCallOptions = {}): Promise<string> {
    const { clock, pullMs = 0, canPull = notInvalid } = this.#options;
    if (pullMs > 0) await clock.sleep(pullMs, call.signal);
    const reference = fullReference(name);
    if (!canPull(name)) {
      const message =
        `failed to pull and unpack image "${reference}": ` +
        `failed to resolve reference "${reference}": ${reference}: not found`;
      throw new CriError("PullImage", "NOT_FOUND", message);
    }
    const hash = fakeDigest(reference);
    const repository = reference.replace(/[:@][^:@/]*(:[^/]*)?$/, "");
    const image: Image = {
      id: `sha256:${hash}`,
      repoTags: reference.includes("@") ? [] : [reference],
      repoDigests: [`${repository}@sha256:${hash}`],
      size: imageBytes,
      username: "",
      pinned: false,
    };
    this.#images.set(reference, image);
    return image.id;
  }

  remove(name: string): void {
    const image = this.find(name);
    for (const [reference, other] of this.#images) {
      if (other === image) this.#images.delete(reference);
    }
  }

  get usedBytes(): number {
    return this.#images.size * imageBytes;
  }
}

function notInvalid(image: string): boolean {
  return !image.includes(".invalid/");
}

/** `busybox` → `docker.io/library/busybox:latest`, as container runtimes complete names. */
export function fullReference(name: string): string {
  const [first = ""] = name.split("/");
  const hasHost = name.includes("/") && /[.:]|^localhost$/.test(first);
  const path = hasHost ? name : `docker.io/${name.includes("/") ? "" : "library/"}${name}`;
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`;
}

/** 64 hexadecimal digits that are always the same for a name; nothing secret hangs on them. */
function fakeDigest(text: string): string {
  let digits = "";
  for (let round = 0; digits.length < 64; round++) {
    let hash = 0x811c9dc5 ^ round;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
    digits += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return digits;
}
