/** The mounts of a container: its volumes, /etc/hosts and the file for its last words. */
import { isAbsolute, join } from "node:path";
import type { VolumeMount } from "#apis/core/container.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Mount, MountPropagation } from "../cri/types.ts";
import type { Host } from "../host/host.ts";
import type { AnyContainer } from "../pod/containers.ts";
import { podDir, type PodLayout } from "../volumes/layout.ts";
import { prepareSubPath } from "../volumes/sub-path.ts";
import type { VolumeManager } from "../volumes/volume-manager.ts";
import { ConfigError } from "./environment.ts";
import { expandStrictly } from "./expansion.ts";

export interface MountsInput {
  readonly host: Host;
  readonly layout: PodLayout;
  readonly volumes: VolumeManager;
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly env: ReadonlyMap<string, string>;
  /** The content of /etc/hosts; undefined leaves the image's. */
  readonly hostsFile: string | undefined;
  /** Tells the instances of a container apart. */
  readonly instance: string;
  /** The image references of image volumes, by volume name. */
  readonly images: ReadonlyMap<string, string>;
}

const hostsPath = "/etc/hosts";
const messageFileMode = 0o666;

const propagations: Readonly<Record<string, MountPropagation>> = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
};

export async function containerMounts(input: MountsInput): Promise<Mount[]> {
  const { host, layout, pod, container } = input;
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    mounts.push(await volumeMount(input, mount, index));
  }
  const own = podDir(layout, pod.metadata.uid ?? "");
  const taken = mounts.some(({ containerPath }) => containerPath === hostsPath);
  if (input.hostsFile !== undefined && !taken) {
    const path = join(own, "etc-hosts");
    await host.files.mkdir(own);
    await host.files.writeFile(path, input.hostsFile, 0o644);
    mounts.push({ containerPath: hostsPath, hostPath: path, readonly: false });
  }
  const messagePath = container.terminationMessagePath;
  if (messagePath) {
    const folder = join(own, "containers", container.name);
    await host.files.mkdir(folder);
    const path = join(folder, input.instance);
    await host.files.writeFile(path, "");
    // The umask took bits away; the container's user, whoever that is, shall be able to write.
    await host.files.chmod(path, messageFileMode);
    mounts.push({ containerPath: messagePath, hostPath: path, readonly: false });
  }
  return mounts;
}

async function volumeMount(
  input: MountsInput,
  mount: VolumeMount,
  mountIndex: number,
): Promise<Mount> {
  const { host, layout, volumes, pod, container, env, images } = input;
  const { name: volumeName, mountPath, readOnly = false, mountPropagation = "None" } = mount;
  const containerPath = isAbsolute(mountPath) ? mountPath : join("/", mountPath);
  const image = images.get(volumeName);
  if (image !== undefined) {
    const imageSubPath = mount.subPath ? { imageSubPath: mount.subPath } : {};
    return { containerPath, readonly: true, image: { image }, ...imageSubPath };
  }
  const volumePath = volumes.pathOf(pod, volumeName);
  if (volumePath === undefined) {
    throw new ConfigError(
      `cannot find volume ${JSON.stringify(volumeName)} to mount into container ${JSON.stringify(container.name)}`,
    );
  }
  let hostPath = volumePath;
  const subPath = subPathOf(mount, env);
  if (subPath !== "") {
    try {
      hostPath = await prepareSubPath({
        host, layout, pod, volumePath, volumeName, mountIndex, subPath,
        containerName: container.name,
      }); // prettier-ignore
    } catch (error) {
      const what = `failed to prepare subPath for volumeMount ${JSON.stringify(volumeName)}`;
      throw new ConfigError(`${what} of container ${JSON.stringify(container.name)}`, {
        cause: error,
      });
    }
  }
  return {
    containerPath,
    hostPath,
    readonly: readOnly || isReadOnlyVolume(pod, volumeName),
    propagation: propagations[mountPropagation] ?? "PROPAGATION_PRIVATE",
  };
}

/** What shows API objects is written by the kubelet alone. */
function isReadOnlyVolume(pod: Pod, name: string): boolean {
  const volume = pod.spec.volumes?.find((it) => it.name === name);
  return Boolean(volume?.configMap ?? volume?.secret ?? volume?.projected ?? volume?.downwardAPI);
}

function subPathOf(mount: VolumeMount, env: ReadonlyMap<string, string>): string {
  if (!mount.subPathExpr) return mount.subPath ?? "";
  try {
    return expandStrictly(mount.subPathExpr, env);
  } catch (error) {
    throw new ConfigError((error as Error).message, { cause: error });
  }
}
