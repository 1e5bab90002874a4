import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { statefulSets } from "#apis/apps/stateful-set.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { nodes } from "#apis/core/node.ts";
import { persistentVolumeClaims } from "#apis/core/persistent-volume-claim.ts";
import { persistentVolumes } from "#apis/core/persistent-volume.ts";
import { pods } from "#apis/core/pod.ts";
import { services } from "#apis/core/service.ts";
import { podDisruptionBudgets } from "#apis/policy/pod-disruption-budget.ts";
import { storageClasses } from "#apis/storage/storage-class.ts";
import type { Client } from "#client/client.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { controllerOf, toKey } from "#machinery/meta.ts";
import type { SharedPod } from "./framework.ts";
import { compileLabelSelector, type LabelMatcher } from "#machinery/selectors.ts";
import type { OtherObjects } from "./snapshot.ts";

/** Everything the scheduler watches. */
export function watchWorld(options: {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
}) {
  const factory = createInformerFactory(options);
  const alive = { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" };
  return {
    pods: factory.informer(pods, alive),
    nodes: factory.informer(nodes),
    namespaces: factory.informer(namespaces),
    claims: factory.informer(persistentVolumeClaims),
    volumes: factory.informer(persistentVolumes),
    storageClasses: factory.informer(storageClasses),
    services: factory.informer(services),
    replicaSets: factory.informer(replicaSets),
    statefulSets: factory.informer(statefulSets),
    budgets: factory.informer(podDisruptionBudgets),
  };
}

export type World = ReturnType<typeof watchWorld>;

const noLabels = {};

/** What plug-ins may ask of the world. */
export function otherObjects(world: World): OtherObjects {
  return {
    namespaceLabels: (name) => world.namespaces.get(toKey("", name))?.metadata.labels ?? noLabels,
    claim: (namespace, name) => world.claims.get(toKey(namespace, name)),
    volume: (name) => world.volumes.get(toKey("", name)),
    storageClass: (name) => world.storageClasses.get(toKey("", name)),
    workloadSelector: (pod) => workloadSelector(world, pod),
  };
}

/** The labels that make pods siblings: those that their Services and controller select by. */
function workloadSelector(world: World, pod: SharedPod): LabelMatcher | undefined {
  const { namespace, labels = {} } = pod.metadata;
  const matchers: LabelMatcher[] = [];
  for (const { spec } of world.services.list(namespace)) {
    const selector = Object.entries(spec.selector ?? {});
    if (selector.length === 0 || !selector.every(([key, value]) => labels[key] === value)) continue;
    matchers.push((others) => selector.every(([key, value]) => others?.[key] === value));
  }
  const owner = controllerOf(pod);
  if (owner) {
    const key = toKey(namespace, owner.name);
    const set =
      owner.kind === "ReplicaSet"
        ? world.replicaSets.get(key)
        : owner.kind === "StatefulSet"
          ? world.statefulSets.get(key)
          : undefined;
    if (set) matchers.push(compileLabelSelector(set.spec.selector));
  }
  if (matchers.length === 0) return undefined;
  return (others) => matchers.every((matches) => matches(others));
}
