import type { PolicyRule } from "#apis/rbac/policy-rule.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { AuthorizationAttributes } from "../authorizer.ts";

/** How one RBAC rule matches a request. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

export type Rule = DeepReadonly<PolicyRule>;

const all = "*";

/** Whether the rule allows what is asked. */
export function ruleAllows(rule: Rule, asked: AuthorizationAttributes): boolean {
  if (!hasOrAll(rule.verbs, asked.verb)) return false;
  if (!asked.isResource) return pathMatches(rule.nonResourceURLs, asked.path);
  return (
    hasOrAll(rule.apiGroups, asked.group) &&
    resourceMatches(rule.resources, asked.resource, asked.subresource) &&
    nameMatches(rule.resourceNames, asked.name)
  );
}

function hasOrAll(list: readonly string[] | null | undefined, wanted: string): boolean {
  return list != null && (list.includes(all) || list.includes(wanted));
}

/** `pods`, `pods/log`, every subresource of that name (`*\/scale`), or everything. */
function resourceMatches(
  list: readonly string[] | null | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (list == null) return false;
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  return list.some(
    (entry) =>
      entry === all || entry === wanted || (subresource !== "" && entry === `*/${subresource}`),
  );
}

function nameMatches(names: readonly string[] | null | undefined, name: string): boolean {
  return names == null || names.length === 0 || names.includes(name);
}

/** Exact paths, or prefixes that end in `*`. */
function pathMatches(patterns: readonly string[] | null | undefined, path: string): boolean {
  return (patterns ?? []).some(
    (pattern) =>
      pattern === path || (pattern.endsWith(all) && path.startsWith(pattern.slice(0, -1))),
  );
}

/**
 * The rules of `wanted` that `owned` does not cover in full: who owns `owned` may not grant them.
 * Each wanted rule is split into single verb × group × resource × name grants first.
 */
export function uncovered(owned: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(grants).filter((grant) => !owned.some((rule) => covers(rule, grant)));
}

function grants(rule: Rule): Rule[] {
  const verbs = rule.verbs ?? [];
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) =>
    verbs.map((verb): Rule => ({ verbs: [verb], nonResourceURLs: [url] })),
  );
  const names: (string | undefined)[] = rule.resourceNames?.length
    ? [...rule.resourceNames]
    : [undefined];
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.flatMap((name) =>
        verbs.map((verb): Rule => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  );
  return [...resources, ...urls];
}

function covers(owner: Rule, grant: Rule): boolean {
  if (!hasOrAll(owner.verbs, grant.verbs[0]!)) return false;
  const url = grant.nonResourceURLs?.[0];
  if (url !== undefined) return pathMatches(owner.nonResourceURLs, url);
  const [resource = "", subresource = ""] = grant.resources![0]!.split("/");
  const name = grant.resourceNames?.[0];
  const namesCovered =
    !owner.resourceNames?.length || (name !== undefined && owner.resourceNames.includes(name));
  return (
    namesCovered &&
    hasOrAll(owner.apiGroups, grant.apiGroups![0]!) &&
    resourceMatches(owner.resources, resource, subresource)
  );
}
