import type { Node } from "#apis/core/node.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import type { StorageClass } from "#apis/storage/storage-class.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { SharedPod } from "./framework.ts";
import type { LabelMatcher } from "#machinery/selectors.ts";
import { NodeInfo } from "./node-info.ts";
import { podInfo, type PodInfo } from "./pod-info.ts";

/** What plug-ins read of the world beside nodes and pods. */
export interface OtherObjects {
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>;
  readonly claim: (
    namespace: string,
    name: string,
  ) => DeepReadonly<PersistentVolumeClaim> | undefined;
  readonly volume: (name: string) => DeepReadonly<PersistentVolume> | undefined;
  readonly storageClass: (name: string) => DeepReadonly<StorageClass> | undefined;
  /** Selectors of the Services and workload controllers that the pod belongs to, as one. */
  readonly workloadSelector: (pod: SharedPod) => LabelMatcher | undefined;
}

/**
 * The scheduler's picture of nodes and their pods, kept up by events. Pods that it has just given a
 * node are assumed to be there until the API says so.
 */
export class Snapshot {
  readonly others: OtherObjects;
  readonly #nodes = new Map<string, NodeInfo>();
  /** Nodes in a stable order, for sampling; rebuilt when nodes come or go. */
  #list: NodeInfo[] | undefined;
  /** Pods whose node is not known (yet), by node name. */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();

  constructor(others: OtherObjects) {
    this.others = others;
  }

  get nodes(): readonly NodeInfo[] {
    this.#list ??= inZoneOrder([...this.#nodes.values()]);
    return this.#list;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: DeepReadonly<Node>): void {
    const { name } = node.metadata;
    const known = this.#nodes.get(name);
    if (known) {
      if (zoneOf(known.node) !== zoneOf(node)) this.#list = undefined;
      known.setNode(node);
      return;
    }
    const info = new NodeInfo(node);
    for (const pod of this.#homeless.get(name)?.values() ?? []) info.addPod(pod);
    this.#homeless.delete(name);
    this.#nodes.set(name, info);
    this.#list = undefined;
  }

  deleteNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
    this.#nodes.delete(name);
    this.#list = undefined;
  }

  /** Puts a pod that has a node in its place. */
  setPod(pod: SharedPod): void {
    this.#assumed.delete(pod.metadata.uid ?? "");
    this.#place(podInfo(pod), pod.spec.nodeName!);
  }

  deletePod(uid: string): void {
    const node = this.#placed.get(uid);
    if (node === undefined) return;
    this.#placed.delete(uid);
    this.#assumed.delete(uid);
    this.#nodes.get(node)?.removePod(uid);
    this.#homeless.get(node)?.delete(uid);
  }

  /** Takes the pod to be on `node` until the API says so, or `forget` is called. */
  assume(pod: PodInfo, node: string): void {
    this.#assumed.add(pod.uid);
    this.#place(pod, node);
  }

  /** The binding failed: the pod is nowhere after all. */
  forget(pod: PodInfo): void {
    if (this.#assumed.has(pod.uid)) this.deletePod(pod.uid);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  #place(pod: PodInfo, node: string): void {
    const before = this.#placed.get(pod.uid);
    if (before !== undefined && before !== node) this.deletePod(pod.uid);
    this.#placed.set(pod.uid, node);
    const info = this.#nodes.get(node);
    if (info) return info.addPod(pod);
    const waiting = this.#homeless.get(node) ?? new Map<string, PodInfo>();
    waiting.set(pod.uid, pod);
    this.#homeless.set(node, waiting);
  }
}

function zoneOf(node: DeepReadonly<Node>): string {
  const labels = node.metadata.labels ?? {};
  return labels["topology.kubernetes.io/zone"] ?? "";
}

/** Round robin over the zones, so that a sample of nodes spans them all. */
function inZoneOrder(nodes: NodeInfo[]): NodeInfo[] {
  const zones = [...Map.groupBy(nodes, ({ node }) => zoneOf(node)).values()];
  if (zones.length < 2) return nodes;
  const longest = Math.max(...zones.map((zone) => zone.length));
  const rounds = Array.from({ length: longest }, (_, round) => zones.map((zone) => zone[round]));
  return rounds.flat().filter((node) => node !== undefined);
}
