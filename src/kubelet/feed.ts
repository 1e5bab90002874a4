/** Feeds the pod workers with the pods of the API and of the node's own folder. */
import { aborted } from "#base/signal.ts";
import type { Pod } from "#apis/core/pod.ts";
import { toKey } from "#machinery/meta.ts";
import type { Parts } from "./assemble.ts";
import type { Host } from "./host/host.ts";
import type { KubeletOptions, KubeletSettings } from "./settings.ts";
import { deleteMirror, ensureMirror, mirrored } from "./static-pods/mirror-pods.ts";
import { followStaticPods } from "./static-pods/static-pods.ts";

const orphansEveryMs = 60_000;

export interface FeedInput {
  readonly options: KubeletOptions;
  readonly settings: KubeletSettings;
  readonly host: Host;
  readonly parts: Parts;
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts; begins once it is known what the runtime has already. */
export async function feedPods(input: FeedInput): Promise<void> {
  const { parts, signal } = input;
  const stop = aborted(signal);
  await Promise.race([parts.observer.listed, stop]);
  const statics = new StaticFeed(input);
  const following = statics.start();
  await Promise.race([parts.sources.synced, stop]);
  if (signal.aborted) return;
  {
    using handler = parts.sources.pods.onChange((next, old) =>
      takeChange(input, statics, next, old),
    );
    void handler;
    await Promise.race([statics.read, stop]);
    await endOrphansNowAndThen(input);
  }
  await following;
}

async function endOrphansNowAndThen({ options, parts, signal }: FeedInput): Promise<void> {
  const { clock, log } = options;
  while (!signal.aborted) {
    await parts.workers
      .endOrphans()
      .catch((error: unknown) => log.warn("orphans not ended", { error }));
    await clock.sleep(orphansEveryMs, signal).catch(() => {});
  }
}

function takeChange(
  { parts }: FeedInput,
  statics: StaticFeed,
  next: Pod | undefined,
  old: Pod | undefined,
): void {
  const pod = next ?? old;
  if (!pod) return;
  const hash = mirrored(pod);
  if (hash !== undefined) statics.mirrorChanged(hash, next);
  else if (next) parts.workers.update(next);
  else parts.workers.remove(pod);
}

/** Static pods and their mirrors. */
class StaticFeed {
  readonly #input: FeedInput;
  readonly #pods = new Map<string, Pod>();
  /** Resolves when the folder has been read for the first time. */
  readonly read: Promise<void>;
  #resolveRead: () => void = () => {};

  constructor(input: FeedInput) {
    this.#input = input;
    this.read = new Promise((resolve) => (this.#resolveRead = resolve));
  }

  async start(): Promise<void> {
    const { options, settings, host, signal } = this.#input;
    const { clock, log, nodeName } = options;
    const folder = settings.staticPodDir;
    if (folder === undefined) return this.#resolveRead();
    await followStaticPods({
      files: host.files,
      clock,
      log,
      signal,
      nodeName,
      folder,
      onChange: (next, old) => this.#changed(next, old),
      onRead: () => this.#resolveRead(),
    });
  }

  #changed(next: Pod | undefined, old: Pod | undefined): void {
    const { parts, options } = this.#input;
    const { workers, mirrors, sources } = parts;
    if (next) {
      this.#pods.set(next.metadata.uid ?? "", next);
      workers.update(next);
      void sources.synced.then(() => this.#mirror(next));
    } else if (old) {
      const uid = old.metadata.uid ?? "";
      this.#pods.delete(uid);
      workers.remove(old);
      const mirror = mirrors.get(uid);
      if (mirror) void deleteMirror(options, mirror);
    }
  }

  /** The API's picture of a static pod changed, or is gone. */
  mirrorChanged(hash: string, mirror: Pod | undefined): void {
    const { mirrors, node } = this.#input.parts;
    if (mirror) mirrors.set(hash, mirror);
    else mirrors.delete(hash);
    node.statuses.poke(hash);
    const pod = this.#pods.get(hash);
    if (pod && !mirror) void this.#mirror(pod);
    if (!pod && mirror) void this.read.then(() => this.#removeStray(hash, mirror));
  }

  #removeStray(hash: string, mirror: Pod): void {
    if (!this.#pods.has(hash)) void deleteMirror(this.#input.options, mirror);
  }

  async #mirror(pod: Pod): Promise<void> {
    const { options, parts, signal } = this.#input;
    const { client, log } = options;
    if (signal.aborted) return;
    const key = toKey(pod.metadata.namespace, pod.metadata.name);
    const node = () => parts.manager.node;
    await parts.manager.registered;
    await ensureMirror({ client, log, node, signal }, pod, parts.sources.pods.get(key));
  }
}
