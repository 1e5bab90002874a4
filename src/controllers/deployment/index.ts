/**
 * The Deployment controller keeps one ReplicaSet per pod template and shifts replicas between them.
 * Reads Deployment, ReplicaSet, Pod. Writes ReplicaSet, Deployment/status. Never creates pods.
 * plan.ts decides (pure, read it first) with the help of replica-sets.ts (which is which), scale.ts
 * (how many) and status.ts (what users are told); apply.ts does; this file only watches and wires.
 * `kubectl rollout undo` puts an old template back: its ReplicaSet becomes the new one again.
 */
import { type Deployment, deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { pods } from "#apis/core/pod.ts";
import { controllerOf, keyOf, toKey } from "#machinery/meta.ts";
import { defineController, done, requeueAfter, watching } from "#client/reconciler.ts";
import { applyClaim, planClaim } from "../shared/adoption.ts";
import { labelMatcher } from "../shared/selector.ts";
import { applyDeployment } from "./apply.ts";
import { planDeployment } from "./plan.ts";

export const deploymentController = defineController<Deployment>({
  name: "deployment-controller",
  for: deployments,
  owns: [replicaSets],
  adopters: (rs, caches) =>
    caches
      .of(deployments)
      .list(rs.metadata.namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(rs.metadata.labels))
      .map(keyOf),
  watches: [
    // Only that a pod is gone matters: Recreate waits for it. The rest shows in ReplicaSets.
    watching(
      pods,
      (pod, caches) => {
        const owner = controllerOf(pod);
        if (owner?.kind !== "ReplicaSet") return [];
        const key = toKey(pod.metadata.namespace, owner.name);
        const set = caches.get(replicaSets, key);
        const deployment = set && controllerOf(set);
        if (deployment?.kind !== "Deployment") return [];
        return [toKey(pod.metadata.namespace, deployment.name)];
      },
      (next) => next === undefined,
    ),
  ],
  async reconcile(key, context) {
    const { caches, client, clock } = context;
    const d = caches.get(deployments, key);
    if (!d) return done;
    const candidates = [
      ...caches.ownedBy(replicaSets, d),
      ...caches.orphans(replicaSets, d.metadata.namespace ?? ""),
    ];
    const claim = planClaim(d, candidates, labelMatcher(d.spec.selector));
    const owner = { object: d, resource: deployments };
    const sets = await applyClaim(client, replicaSets, owner, claim);
    const podsOf = (rs: (typeof sets)[number]) => caches.ownedBy(pods, rs);
    const plan = planDeployment(d, sets, podsOf, clock.now());
    await applyDeployment(d, plan, context);
    return plan.againInMs === undefined ? done : requeueAfter(plan.againInMs);
  },
});
