/** Sees to it that a container's image is on the node, as its pull policy wants. */
import type { BackoffShape } from "#base/backoff.ts";
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import { CriError, type ImageService } from "../cri/cri.ts";
import type { AuthConfig, Image, PodSandboxConfig } from "../cri/types.ts";
import type { AnyContainer } from "../pod/containers.ts";
import type { ReferencedObjects } from "../runtime/environment.ts";
import { completeImageName, isLatest } from "../runtime/image-reference.ts";
import type { ImageUser } from "../runtime/security.ts";
import { StartFailure } from "../pod-worker/start-failure.ts";
import { Semaphore } from "../pod-worker/semaphore.ts";
import { credentialsFor } from "./pull-secrets.ts";

/** Says what happens to an image, as events of the container. */
export interface ImageReport {
  normal(reason: string, message: string): void;
  warning(reason: string, message: string): void;
}

export interface ImageOnNode {
  /** What the runtime calls it. */
  readonly ref: string;
  readonly user: ImageUser;
}

export interface ImageRequest {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly sandbox: PodSandboxConfig;
  readonly report: ImageReport;
  /** Called before something that may take long. */
  readonly onPull: () => void;
  readonly signal: AbortSignal;
}

export interface ImageManager {
  /** Throws StartFailure: ErrImagePull, ImagePullBackOff, ErrImageNeverPull, InvalidImageName. */
  ensure(request: ImageRequest): Promise<ImageOnNode>;
  forget(uid: string): void;
}

const pullBackoff: BackoffShape = { firstMs: 10_000, maxMs: 300_000 };
/** After a failed pull the container shows that failure for this long, then the back-off. */
const showFailureMs = 3_000;
const parallelPullsMax = 4;

interface Failed {
  attempts: number;
  atMs: number;
  message: string;
}

export interface ImageManagerOptions {
  cri: ImageService;
  objects: ReferencedObjects;
  clock: Pick<Clock, "now">;
}

export function createImageManager(options: ImageManagerOptions): ImageManager {
  return new Images(options);
}

class Images implements ImageManager {
  readonly #options: ImageManagerOptions;
  readonly #pulls = new Semaphore(parallelPullsMax);
  /** Failed pulls by pod and image. */
  readonly #failed = new Map<string, Map<string, Failed>>();

  constructor(options: ImageManagerOptions) {
    this.#options = options;
  }

  async ensure(request: ImageRequest): Promise<ImageOnNode> {
    const { container, report } = request;
    const given = container.image ?? "";
    const image = completed(given, report);
    const policy = container.imagePullPolicy ?? (isLatest(given) ? "Always" : "IfNotPresent");
    const { cri } = this.#options;
    const present = policy === "Always" ? undefined : await cri.imageStatus({ image });
    if (present) {
      const what = `Container image ${JSON.stringify(given)} already present on machine`;
      report.normal("Pulled", `${what} and can be accessed by the pod`);
      return describe(present);
    }
    if (policy === "Never") {
      const what = `Container image ${JSON.stringify(given)} is not present`;
      const message = `${what} with pull policy of Never`;
      report.warning("ErrImageNeverPull", message);
      throw new StartFailure("ErrImageNeverPull", message);
    }
    return this.#pull(request, image);
  }

  async #pull(request: ImageRequest, image: string): Promise<ImageOnNode> {
    const { pod, container, report, onPull, signal } = request;
    const { clock, cri, objects } = this.#options;
    const given = JSON.stringify(container.image);
    const { uid = "" } = pod.metadata;
    const failed = this.#failed.get(uid)?.get(image);
    if (failed) {
      const nextAtMs = failed.atMs + backoffMs(pullBackoff, failed.attempts - 1);
      if (clock.now() < nextAtMs) {
        report.normal("BackOff", `Back-off pulling image ${given}`);
        const message = `Back-off pulling image ${given}: ErrImagePull: ${failed.message}`;
        throw new StartFailure("ImagePullBackOff", message, { retryAtMs: nextAtMs });
      }
    }
    onPull();
    report.normal("Pulling", `Pulling image ${given}`);
    const askedAtMs = clock.now();
    using turn = await this.#pulls.acquire(signal);
    void turn;
    const startedAtMs = clock.now();
    try {
      const auths = await credentialsFor(pod, image, objects);
      await pullWithAny(cri, image, auths, request);
      const found = await cri.imageStatus({ image });
      if (!found) throw new Error(`image ${given} is not there after it was pulled`);
      const doneAtMs = clock.now();
      const took = goDuration(doneAtMs - startedAtMs);
      const all = goDuration(doneAtMs - askedAtMs);
      report.normal(
        "Pulled",
        `Successfully pulled image ${given} in ${took} (${all} including waiting). Image size: ${found.size} bytes.`,
      );
      this.#failed.get(uid)?.delete(image);
      return describe(found);
    } catch (error) {
      if (signal.aborted) throw error;
      const message = error instanceof CriError ? error.rpcText : String(error);
      report.warning("Failed", `Failed to pull image ${given}: ${message}`);
      const ofPod = this.#failed.get(uid) ?? new Map<string, Failed>();
      const attempts = (failed?.attempts ?? 0) + 1;
      ofPod.set(image, { attempts, atMs: clock.now(), message });
      this.#failed.set(uid, ofPod);
      const retryAtMs = clock.now() + showFailureMs;
      throw new StartFailure("ErrImagePull", message, { retryAtMs });
    }
  }

  forget(uid: string): void {
    this.#failed.delete(uid);
  }
}

function completed(given: string, report: ImageReport): string {
  try {
    return completeImageName(given);
  } catch (error) {
    const reason = (error as Error).message;
    const message = `Failed to apply default image tag ${JSON.stringify(given)}: ${reason}`;
    report.warning("InspectFailed", message);
    throw new StartFailure("InvalidImageName", message);
  }
}

async function pullWithAny(
  cri: ImageService,
  image: string,
  auths: readonly AuthConfig[],
  { container, sandbox, signal }: ImageRequest,
): Promise<string> {
  const spec = { image, userSpecifiedImage: container.image ?? "" };
  let failure: unknown;
  for (const auth of auths) {
    try {
      return await cri.pullImage({ image: spec, auth, sandboxConfig: sandbox }, { signal });
    } catch (error) {
      failure = error;
      if (signal.aborted) throw error;
    }
  }
  if (failure !== undefined) throw failure;
  return cri.pullImage({ image: spec, sandboxConfig: sandbox }, { signal });
}

function describe({ id, uid, username }: Image): ImageOnNode {
  // An image without a user runs as root.
  const user = { uid: uid?.value ?? (username === "" ? 0 : undefined), username };
  return { ref: id, user };
}

/** A duration as Go prints it, to the millisecond: `1.234s`, `56ms`. */
export function goDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round(ms - minutes * 60_000) / 1_000;
  const hours = Math.floor(minutes / 60);
  const head = hours > 0 ? `${hours}h${minutes % 60}m` : minutes > 0 ? `${minutes}m` : "";
  return `${head}${seconds}s`;
}
