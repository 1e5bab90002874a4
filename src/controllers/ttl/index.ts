/**
 * Tells kubelets how long they may cache Secrets and ConfigMaps, by the number of nodes.
 * Reads Node. Writes Node (an annotation).
 */
import { type Node, nodes } from "#apis/core/node.ts";
import { defineController, done } from "#client/reconciler.ts";

const annotation = "node.alpha.kubernetes.io/ttl";
/** Nodes up to which a cache time in seconds holds, as upstream. */
const steps = [
  [100, 0],
  [500, 15],
  [1_000, 30],
  [2_000, 60],
] as const;
const longestSeconds = 300;

export const ttlController = defineController<Node>({
  name: "ttl-controller",
  for: nodes,
  when: (next, old) => !old || next?.metadata.annotations !== old.metadata.annotations,
  async reconcile(key, { caches, client }) {
    const node = caches.get(nodes, key);
    if (!node) return done;
    const count = caches.of(nodes).size;
    const seconds = steps.find(([nodeCount]) => count <= nodeCount)?.[1] ?? longestSeconds;
    if (node.metadata.annotations?.[annotation] === String(seconds)) return done;
    const patch = { metadata: { annotations: { [annotation]: String(seconds) } } };
    await client.patch(nodes, { name: node.metadata.name }, patch, { type: "merge" });
    return done;
  },
});
