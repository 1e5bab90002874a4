/** Where the kubelet's view of the API comes from: its own informers, or ones shared by many nodes. */
import { type Node, nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { type Service, services } from "#apis/core/service.ts";
import {
  type ChangeHandler,
  type Informer,
  type InformerOptions,
  startInformer,
} from "#client/informer.ts";
import { withoutManagedFields } from "#client/informer-factory.ts";
import { type ObjectKey, toKey } from "#machinery/meta.ts";

export interface NodeSources {
  /** The pods that are assigned to the node. */
  readonly pods: PodSource;
  node(): Node | undefined;
  services(): Service[];
  /** Resolves when pods and services are known; the node may not exist yet. */
  readonly synced: Promise<unknown>;
}

export interface PodSource {
  get(key: ObjectKey): Pod | undefined;
  list(): Pod[];
  onChange(handler: ChangeHandler<Pod>): Disposable;
}

type Common = Omit<InformerOptions<Pod>, "resource" | "fieldSelector" | "transform">;

/** Informers of this node alone, as a kubelet far from the API server needs them. */
export function ownSources(options: Common, nodeName: string): NodeSources {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const transform = withoutManagedFields;
  const ofPods = startInformer<Pod>({ ...options, resource: pods, fieldSelector, transform });
  const ofNode = startInformer<Node>({
    ...options,
    resource: nodes,
    fieldSelector: `metadata.name=${nodeName}`,
    transform,
  });
  const ofServices = startInformer<Service>({ ...options, resource: services, transform });
  return {
    pods: ofPods,
    node: () => ofNode.get(toKey(undefined, nodeName)),
    services: () => ofServices.list(),
    synced: Promise.all([ofPods.synced, ofServices.synced]),
  };
}

/** Informers over everything, shared by all kubelets of a process. */
export interface SharedInformers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
}

const byNode = "nodeName";

/** Hands each kubelet its part of shared informers; one change costs one look-up, however many. */
export function sharedSources(informers: SharedInformers): (nodeName: string) => NodeSources {
  const handlers = new Map<string, Set<ChangeHandler<Pod>>>();
  informers.pods.addIndex(byNode, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
  informers.pods.onChange((next, old) => {
    const nodeName = (next ?? old)?.spec.nodeName;
    // A pod that has just been bound is new to its node.
    const before = old?.spec.nodeName === nodeName ? old : undefined;
    for (const handler of handlers.get(nodeName ?? "") ?? []) handler(next, before);
  });
  return (nodeName) => ({
    pods: {
      get: (key) => informers.pods.get(key),
      list: () => informers.pods.by(byNode, nodeName),
      onChange(handler) {
        for (const pod of informers.pods.by(byNode, nodeName)) handler(pod, undefined);
        const ofNode = handlers.get(nodeName) ?? new Set();
        ofNode.add(handler);
        handlers.set(nodeName, ofNode);
        return { [Symbol.dispose]: () => void ofNode.delete(handler) };
      },
    },
    node: () => informers.nodes.get(toKey(undefined, nodeName)),
    services: () => informers.services.list(),
    synced: Promise.all([informers.pods.synced, informers.services.synced]),
  });
}
