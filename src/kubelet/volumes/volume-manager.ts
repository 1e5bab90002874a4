/**
 * Makes the volumes of pods before their containers start, keeps those that show API objects up to
 * date, and takes them away after the pod.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Volume } from "#apis/core/volume.ts";
import { wholeValue } from "#machinery/quantity.ts";
import { dirname, join } from "node:path";
import type { Host } from "../host/host.ts";
import type { DownwardFacts } from "../pod/field-ref.ts";
import { writePayload } from "./atomic-writer.ts";
import { checkHostPath } from "./host-path.ts";
import { memoryDir, pluginOf, podDir, type PodLayout, volumeDir } from "./layout.ts";
import type { NodeObjects } from "./objects.ts";
import { fsGroupOf, giveToGroup } from "./ownership.ts";
import { payloadOf } from "./payload.ts";
import type { TokenSource } from "./tokens.ts";

/** A volume that could not be made; `message` is that of the FailedMount event. */
export class MountError extends Error {
  override name = "MountError";
  readonly volume: string;

  constructor(volume: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = `MountVolume.SetUp failed for volume ${JSON.stringify(volume)}`;
    super(`${what} : ${reason}`, { cause });
    this.volume = volume;
  }
}

export interface VolumeManager {
  /** Makes (or refreshes) all volumes. Throws the MountErrors of those that fail, all of them. */
  mount(pod: Pod, facts: DownwardFacts, signal: AbortSignal): Promise<void>;
  /** When the pod's volumes should be refreshed even if nothing else happens. */
  refreshAtMs(uid: string): number | undefined;
  /** The folder of a volume on the node. */
  pathOf(pod: Pod, name: string): string | undefined;
  /** Takes away all volumes and folders of the pod. Idempotent. */
  unmount(uid: string): Promise<void>;
  /** The pods of which there is still something on the disk. */
  present(): Promise<string[]>;
}

export interface VolumeManagerOptions {
  host: Host;
  layout: PodLayout;
  objects: NodeObjects;
  tokens: TokenSource;
  clock: Clock;
  chance: Chance;
}

const emptyDirMode = 0o777;

export function createVolumeManager(options: VolumeManagerOptions): VolumeManager {
  return new Volumes(options);
}

class Volumes implements VolumeManager {
  readonly #options: VolumeManagerOptions;
  /** Volumes that stay as they were made, by `uid/name`: nothing to do for them twice. */
  readonly #made = new Set<string>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  async mount(pod: Pod, facts: DownwardFacts, signal: AbortSignal): Promise<void> {
    const { uid = "" } = pod.metadata;
    this.#options.objects.hold(pod);
    const used = usedVolumes(pod);
    const errors: MountError[] = [];
    const volumes = (pod.spec.volumes ?? []).filter(({ name }) => used.has(name));
    await Promise.all(
      volumes.map(async (volume) => {
        if (this.#made.has(`${uid}/${volume.name}`)) return;
        try {
          if (await this.#make(pod, volume, facts, signal)) this.#made.add(`${uid}/${volume.name}`);
        } catch (error) {
          errors.push(new MountError(volume.name, error));
        }
      }),
    );
    if (errors.length > 0) throw new AggregateError(errors, errors[0]!.message);
  }

  /** Whether the volume is made once and for all. */
  async #make(
    pod: Pod,
    volume: Volume,
    facts: DownwardFacts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { host, objects, tokens } = this.#options;
    const plugin = pluginOf(volume);
    if (plugin === undefined) throw new Error("this node does not know volumes of this kind");
    if (plugin === "image") return true;
    if (plugin === "host-path") {
      await checkHostPath(host.files, volume.hostPath!);
      return true;
    }
    const path = volumeDir(this.#options.layout, pod.metadata.uid ?? "", volume)!;
    if (plugin === "empty-dir") {
      await this.#emptyDir(pod, volume, path);
      return true;
    }
    const payload = await payloadOf({ pod, objects, tokens, facts, signal }, volume);
    const fsGroup = fsGroupOf(pod);
    const own = (at: string) => giveToGroup(host.files, at, { fsGroup, readOnly: true });
    await host.files.mkdir(path, emptyDirMode);
    await writePayload({ ...this.#options, files: host.files }, path, payload!, own);
    await own(path);
    return false;
  }

  async #emptyDir(pod: Pod, volume: Volume, path: string): Promise<void> {
    const { files, mounts } = this.#options.host;
    const { medium = "", sizeLimit } = volume.emptyDir!;
    const fresh = (await files.stat(path)) === undefined;
    await files.mkdir(path, emptyDirMode);
    if (medium === "Memory") {
      const size = sizeLimit === undefined ? 0 : wholeValue(sizeLimit);
      await mounts.tmpfs(path, { mode: "0777", ...(size > 0 ? { sizeBytes: size } : {}) });
    }
    if (!fresh) return;
    const onRootMismatch = pod.spec.securityContext?.fsGroupChangePolicy === "OnRootMismatch";
    await giveToGroup(files, path, { fsGroup: fsGroupOf(pod), readOnly: false, onRootMismatch });
  }

  refreshAtMs(uid: string): number | undefined {
    return this.#options.tokens.renewAtMs(uid);
  }

  pathOf(pod: Pod, name: string): string | undefined {
    const volume = pod.spec.volumes?.find((it) => it.name === name);
    return volume && volumeDir(this.#options.layout, pod.metadata.uid ?? "", volume);
  }

  async unmount(uid: string): Promise<void> {
    const { host, layout, objects, tokens } = this.#options;
    objects.release(uid);
    tokens.forget(uid);
    for (const key of this.#made) if (key.startsWith(`${uid}/`)) this.#made.delete(key);
    const own = podDir(layout, uid);
    for (const { path } of await host.mounts.below(own)) await host.mounts.unmount(path);
    await host.files.remove(join(memoryDir(layout), uid));
    await host.files.remove(own);
  }

  async present(): Promise<string[]> {
    const { host, layout } = this.#options;
    const folders = [dirname(podDir(layout, "x")), memoryDir(layout)];
    const found = await Promise.all(folders.map((folder) => host.files.readdir(folder)));
    return [...new Set(found.flat().map(({ name }) => name))];
  }
}

/** The volumes that a container mounts, or reads variables from. */
function usedVolumes(pod: Pod): ReadonlySet<string> {
  const containers = [
    ...(pod.spec.initContainers ?? []),
    ...pod.spec.containers,
    ...(pod.spec.ephemeralContainers ?? []),
  ];
  return new Set(
    containers.flatMap(({ volumeMounts = [], env = [] }) => [
      ...volumeMounts.map(({ name }) => name),
      ...env.flatMap(({ valueFrom }) => valueFrom?.fileKeyRef?.volumeName ?? []),
    ]),
  );
}

/** Volumes on a simulated node: there are none, and none is missed. */
export const noVolumes: VolumeManager = {
  mount: () => Promise.resolve(),
  refreshAtMs: () => undefined,
  pathOf: () => "/dev/null",
  unmount: () => Promise.resolve(),
  present: () => Promise.resolve([]),
};
