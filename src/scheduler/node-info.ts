import { type Amounts, amountsOf } from "#apis/core/pod-requests.ts";
import type { Node } from "#apis/core/node.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { HostPort, PodInfo } from "./pod-info.ts";

const wildcard = "0.0.0.0";

/** A node with the pods that are on it (or assumed to be), its sums kept up incrementally. */
export class NodeInfo {
  node: DeepReadonly<Node>;
  readonly name: string;
  allocatable: Amounts;
  podsMax: number;
  readonly requested: Amounts = new Map();
  nonZeroCpu = 0;
  nonZeroMemory = 0;
  /** By uid. */
  readonly pods = new Map<string, PodInfo>();
  /** Those with required anti-affinity, and with any affinity: the few that others must look at. */
  readonly repelling = new Set<PodInfo>();
  readonly attached = new Set<PodInfo>();
  readonly #ports: (HostPort & { uid: string })[] = [];

  constructor(node: DeepReadonly<Node>) {
    this.node = node;
    this.name = node.metadata.name;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.podsMax = this.allocatable.get("pods") ?? 0;
  }

  setNode(node: DeepReadonly<Node>): void {
    if (node.status?.allocatable !== this.node.status?.allocatable) {
      this.allocatable = amountsOf(node.status?.allocatable);
      this.podsMax = this.allocatable.get("pods") ?? 0;
    }
    this.node = node;
  }

  addPod(pod: PodInfo): void {
    this.removePod(pod.uid);
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
    if (pod.antiAffinity.length > 0) this.repelling.add(pod);
    const preferred = pod.preferredAffinity.length + pod.preferredAntiAffinity.length;
    if (pod.affinity.length + pod.antiAffinity.length + preferred > 0) this.attached.add(pod);
    for (const port of pod.hostPorts) this.#ports.push({ ...port, uid: pod.uid });
  }

  removePod(uid: string): PodInfo | undefined {
    const pod = this.pods.get(uid);
    if (!pod) return undefined;
    this.pods.delete(uid);
    this.#count(pod, -1);
    this.repelling.delete(pod);
    this.attached.delete(pod);
    for (let i = this.#ports.length - 1; i >= 0; i--) {
      if (this.#ports[i]!.uid === uid) this.#ports.splice(i, 1);
    }
    return pod;
  }

  /** Whether a host port of the pod is taken by another pod. */
  portsClash(wanted: readonly HostPort[]): boolean {
    return wanted.some((want) =>
      this.#ports.some(
        (used) =>
          used.port === want.port &&
          used.protocol === want.protocol &&
          (used.ip === want.ip || used.ip === wildcard || want.ip === wildcard),
      ),
    );
  }

  /** A copy whose pods can be taken away without harm, for preemption's what-ifs. */
  copy(): NodeInfo {
    const copy = new NodeInfo(this.node);
    for (const pod of this.pods.values()) copy.addPod(pod);
    return copy;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.node.metadata.labels ?? {};
  }

  #count(pod: PodInfo, by: 1 | -1): void {
    for (const [name, amount] of pod.requests) {
      this.requested.set(name, (this.requested.get(name) ?? 0) + by * amount);
    }
    this.nonZeroCpu += by * pod.nonZeroCpu;
    this.nonZeroMemory += by * pod.nonZeroMemory;
  }
}
