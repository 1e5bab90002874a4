/**
 * Gives each node a range of pod addresses of its own out of the cluster's.
 * Reads Node. Writes Node (spec.podCIDR). IPv4 only so far.
 */
import { type Node, nodes } from "#apis/core/node.ts";
import { type Controller, defineController, done, requeueAfter } from "#client/reconciler.ts";
import { cidrAt, cidrCount, parseCidr } from "./cidr.ts";

/** As upstream's --node-cidr-mask-size. */
const nodeMaskBits = 24;
const retryMs = 30_000;

export function nodeIpamController(clusterCidr: string): Controller {
  const range = parseCidr(clusterCidr);
  const count = cidrCount(range, nodeMaskBits);
  /** Given out, though the cache may not show it yet: range to node. */
  const given = new Map<string, string>();
  return defineController<Node>({
    name: "node-ipam-controller",
    component: "cidrAllocator",
    account: "node-controller",
    for: nodes,
    when: (next, old) => !next?.spec.podCIDR || !old,
    async reconcile(key, { caches, client, recorder }) {
      const node = caches.get(nodes, key);
      if (!node || node.spec.podCIDR) return done;
      const all = caches.of(nodes).list();
      const used = new Set(all.flatMap(({ spec }) => (spec.podCIDR ? [spec.podCIDR] : [])));
      for (const [cidr, owner] of given) {
        if (used.has(cidr) || !all.some(({ metadata }) => metadata.name === owner)) {
          given.delete(cidr);
        }
      }
      for (let i = 0; i < count; i++) {
        const podCIDR = cidrAt(range, nodeMaskBits, i);
        if (used.has(podCIDR) || (given.get(podCIDR) ?? key) !== key) continue;
        given.set(podCIDR, key);
        const patch = { spec: { podCIDR, podCIDRs: [podCIDR] } };
        await client.patch(nodes, { name: node.metadata.name }, patch, { type: "merge" });
        return done;
      }
      const text = `Node ${key} status is now: CIDRNotAvailable`;
      recorder.normal(node, "CIDRNotAvailable", text);
      return requeueAfter(retryMs);
    },
  });
}
