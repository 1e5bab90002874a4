/**
 * Fills ClusterRoles that are put together from others, such as `admin`, `edit` and `view`.
 * Reads and writes ClusterRole.
 */
import { type ClusterRole, clusterRoles } from "#apis/rbac/cluster-role.ts";
import { keyOf } from "#machinery/meta.ts";
import { defineController, done, watching } from "#client/reconciler.ts";
import { sameMeaning } from "../shared/equal.ts";
import { labelMatcher } from "../shared/selector.ts";

export const clusterRoleAggregationController = defineController<ClusterRole>({
  name: "clusterrole-aggregation-controller",
  for: clusterRoles,
  watches: [
    watching(clusterRoles, (_role, caches) =>
      caches
        .of(clusterRoles)
        .list()
        .filter(({ aggregationRule }) => aggregationRule)
        .map(keyOf),
    ),
  ],
  async reconcile(key, { caches, client }) {
    const role = caches.get(clusterRoles, key);
    if (!role?.aggregationRule) return done;
    const matchers = (role.aggregationRule.clusterRoleSelectors ?? []).map(labelMatcher);
    const chosen = caches
      .of(clusterRoles)
      .list()
      .filter(
        ({ metadata }) =>
          metadata.name !== role.metadata.name &&
          matchers.some((matches) => matches(metadata.labels)),
      )
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const rules: NonNullable<ClusterRole["rules"]> = [];
    for (const rule of chosen.flatMap((one) => one.rules ?? [])) {
      if (!rules.some((known) => sameMeaning(known, rule))) rules.push(rule);
    }
    if (sameMeaning(role.rules, rules)) return done;
    await client.update(clusterRoles, { ...role, rules });
    return done;
  },
});
