import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Container } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Volume } from "./volume.ts";

/**
 * What a pod refers to in its namespace. The Node authorizer opens these objects to the pod's node,
 * and admission checks that the pod's service account may use them.
 */

type Spec = DeepReadonly<PodSpec>;
type ContainerLike = Pick<DeepReadonly<Container>, "env" | "envFrom">;

/** Init, regular and ephemeral containers alike. */
export function allContainers(spec: Spec): readonly DeepReadonly<Container>[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as readonly DeepReadonly<Container>[]),
  ];
}

/** Names of the Secrets that the pod's containers, volumes and image pulls read. */
export function secretNames(spec: Spec): Set<string> {
  const names = [
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...allContainers(spec).flatMap(secretsOfContainer),
    ...(spec.volumes ?? []).flatMap(secretsOfVolume),
  ];
  return new Set(names.filter((name) => name !== undefined && name !== "") as string[]);
}

/** Names of the ConfigMaps that the pod's containers and volumes read. */
export function configMapNames(spec: Spec): Set<string> {
  const fromContainers = allContainers(spec).flatMap(({ env, envFrom }: ContainerLike) => [
    ...(env ?? []).map((variable) => variable.valueFrom?.configMapKeyRef?.name),
    ...(envFrom ?? []).map((source) => source.configMapRef?.name),
  ]);
  const fromVolumes = (spec.volumes ?? []).flatMap((volume) => [
    volume.configMap?.name,
    ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name),
  ]);
  const names = [...fromContainers, ...fromVolumes];
  return new Set(names.filter((name) => name !== undefined && name !== "") as string[]);
}

/** Names of the PersistentVolumeClaims that the pod named `podName` mounts, generic ephemeral ones included. */
export function claimNames(spec: Spec, podName: string): Set<string> {
  const names = (spec.volumes ?? []).map((volume) =>
    volume.ephemeral ? `${podName}-${volume.name}` : volume.persistentVolumeClaim?.claimName,
  );
  return new Set(names.filter((name) => name !== undefined));
}

function secretsOfContainer({ env, envFrom }: ContainerLike): (string | undefined)[] {
  return [
    ...(env ?? []).map((variable) => variable.valueFrom?.secretKeyRef?.name),
    ...(envFrom ?? []).map((source) => source.secretRef?.name),
  ];
}

function secretsOfVolume(volume: DeepReadonly<Volume>): (string | undefined)[] {
  return [
    volume.secret?.secretName,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
  ];
}
