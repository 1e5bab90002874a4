import { join } from "node:path";
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import type { ContainerConfig, Mount } from "../cri/types.ts";
import type { PodContainer } from "../pod/containers.ts";
import { linuxResources, type ResourceSettings } from "./container-resources.ts";
import { expand } from "./expansion.ts";
import { containerAnnotations, containerLabels } from "./labels.ts";
import { containerSecurity, type ImageUser } from "./security.ts";

export interface ContainerConfigInput {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly restartCount: number;
  /** The image by the reference that the runtime resolved it to. */
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  /** What the node has granted the container. */
  readonly resources: ResourceRequirements;
  readonly settings: ResourceSettings;
  /** The container whose process namespace an ephemeral container enters. */
  readonly targetId: string | undefined;
}

/** `name/3.log`: the log of one instance, below the pod's log folder. */
export function logPathOf(containerName: string, restartCount: number): string {
  return join(containerName, `${restartCount}.log`);
}

export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, restartCount, env, resources } = input;
  const spec = container.container;
  const lookUp = (name: string) => env.get(name);
  const words = (texts: readonly string[] = []) => texts.map((text) => expand(text, lookUp));
  return {
    metadata: { name: spec.name, attempt: restartCount },
    image: { image: input.imageRef, userSpecifiedImage: spec.image ?? "" },
    command: words(spec.command),
    args: words(spec.args),
    workingDir: spec.workingDir ?? "",
    envs: Array.from(env, ([key, value]) => ({ key, value: Buffer.from(value, "utf8") })),
    mounts: [...input.mounts],
    labels: containerLabels(pod, spec),
    annotations: containerAnnotations(pod, spec, restartCount, resources),
    logPath: logPathOf(spec.name, restartCount),
    stdin: spec.stdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    tty: spec.tty ?? false,
    linux: {
      resources: linuxResources(pod, container, resources, input.settings),
      securityContext: containerSecurity(pod, spec, input.imageUser, input.targetId),
    },
  };
}
