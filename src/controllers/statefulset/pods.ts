/** The names, labels and claims of a StatefulSet's pods: their identity. Pure. */
import { type StatefulSet, statefulSets } from "#apis/apps/stateful-set.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Draft, OwnerReference } from "#machinery/meta.ts";
import { podFromTemplate } from "../shared/pod-control.ts";

export const revisionLabel = "controller-revision-hash";
const nameLabel = "statefulset.kubernetes.io/pod-name";
const indexLabel = "apps.kubernetes.io/pod-index";

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The ordinal in the pod's name; undefined when the name is not of this set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const { name } = pod.metadata;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

export function startOrdinal({ spec }: StatefulSet): number {
  return spec.ordinals?.start ?? 0;
}

/** The revision that the pod was made from. */
export function podRevision({ metadata }: Pod): string | undefined {
  return metadata.labels?.[revisionLabel];
}

export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${podName(set, ordinal)}`;
}

/** The pod of an ordinal, made from a revision's template. */
export function newPod(
  set: StatefulSet,
  template: PodTemplateSpec,
  revision: string,
  ordinal: number,
): Draft<Pod> {
  const draft = podFromTemplate(template, set, statefulSets);
  const name = podName(set, ordinal);
  const claims = set.spec.volumeClaimTemplates ?? [];
  const own = new Set(claims.map(({ metadata }) => metadata.name));
  const volumes = [
    ...claims.map(({ metadata }) => ({
      name: metadata.name,
      persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
    })),
    ...(draft.spec.volumes ?? []).filter((volume) => !own.has(volume.name)),
  ];
  return {
    metadata: {
      ...draft.metadata,
      name,
      labels: {
        ...draft.metadata.labels,
        [nameLabel]: name,
        [indexLabel]: String(ordinal),
        [revisionLabel]: revision,
      },
    },
    spec: {
      ...draft.spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

/** The claims of an ordinal; `owners` by the set's retention policy. */
export function claimsOf(
  set: StatefulSet,
  ordinal: number,
  owners: OwnerReference[],
): Draft<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const { labels, annotations, name } = template.metadata;
    const { namespace } = set.metadata;
    return {
      metadata: {
        name: claimName(set, name, ordinal),
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations ? { annotations } : {}),
        ...(owners.length > 0 ? { ownerReferences: owners } : {}),
      },
      spec: template.spec,
    };
  });
}
