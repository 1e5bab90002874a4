/** Labels and annotations that tie what the runtime holds to pods; names as upstream's kubelet. */
import { createHash } from "node:crypto";
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import type { AnyContainer } from "../pod/containers.ts";

export const podNameLabel = "io.kubernetes.pod.name";
export const podNamespaceLabel = "io.kubernetes.pod.namespace";
export const podUidLabel = "io.kubernetes.pod.uid";
const containerNameLabel = "io.kubernetes.container.name";

const hashAnnotation = "io.kubernetes.container.hash";
const restartCountAnnotation = "io.kubernetes.container.restartCount";
const messagePathAnnotation = "io.kubernetes.container.terminationMessagePath";
const messagePolicyAnnotation = "io.kubernetes.container.terminationMessagePolicy";
const preStopAnnotation = "io.kubernetes.container.preStopHandler";
const portsAnnotation = "io.kubernetes.container.ports";
const graceAnnotation = "io.kubernetes.pod.terminationGracePeriod";
const deletionGraceAnnotation = "io.kubernetes.pod.deletionGracePeriod";
/** Our own: what the container was given, so that a restarted kubelet knows. */
const resourcesAnnotation = "coxswain.dev/container.resources";

type Strings = Record<string, string>;

export function podLabels(pod: Pod): Strings {
  const { name, namespace = "", uid = "" } = pod.metadata;
  return { [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid };
}

export function sandboxLabels(pod: Pod): Strings {
  return { ...pod.metadata.labels, ...podLabels(pod) };
}

export function containerLabels(pod: Pod, container: AnyContainer): Strings {
  return { ...podLabels(pod), [containerNameLabel]: container.name };
}

export function containerAnnotations(
  pod: Pod,
  container: AnyContainer,
  restartCount: number,
  resources: ResourceRequirements | undefined,
): Strings {
  const { deletionGracePeriodSeconds } = pod.metadata;
  const { terminationGracePeriodSeconds } = pod.spec;
  const { lifecycle, ports } = container;
  return {
    [hashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(restartCount),
    [messagePathAnnotation]: container.terminationMessagePath ?? "",
    [messagePolicyAnnotation]: container.terminationMessagePolicy ?? "",
    ...(terminationGracePeriodSeconds === undefined
      ? {}
      : { [graceAnnotation]: String(terminationGracePeriodSeconds) }),
    ...(deletionGracePeriodSeconds === undefined
      ? {}
      : { [deletionGraceAnnotation]: String(deletionGracePeriodSeconds) }),
    ...(lifecycle?.preStop ? { [preStopAnnotation]: JSON.stringify(lifecycle.preStop) } : {}),
    ...(ports?.length ? { [portsAnnotation]: JSON.stringify(ports) } : {}),
    ...(resources ? { [resourcesAnnotation]: JSON.stringify(resources) } : {}),
  };
}

/** Of what may not change without a new instance: name and image. */
export function containerHash({ name, image = "" }: AnyContainer): string {
  return createHash("sha256")
    .update(JSON.stringify([name, image]))
    .digest("hex")
    .slice(0, 8);
}

/** What the annotations of a container say. */
export interface ContainerNotes {
  readonly hash: string;
  readonly restartCount: number;
  readonly messagePath: string;
  readonly messagePolicy: string;
  readonly resources: ResourceRequirements | undefined;
}

export function readContainerNotes(annotations: Readonly<Strings>): ContainerNotes {
  const resources = annotations[resourcesAnnotation];
  return {
    hash: annotations[hashAnnotation] ?? "",
    restartCount: Number(annotations[restartCountAnnotation] ?? 0) || 0,
    messagePath: annotations[messagePathAnnotation] ?? "",
    messagePolicy: annotations[messagePolicyAnnotation] ?? "",
    resources:
      resources === undefined ? undefined : (JSON.parse(resources) as ResourceRequirements),
  };
}
