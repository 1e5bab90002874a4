import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { labelRequirement, LabelQuery } from "#machinery/selectors.ts";
import type { ScopedResourceSelectorRequirement } from "./resource-quota.ts";

/** Amounts by the names that quotas know, such as `requests.cpu` or `count/jobs.batch`. */
export type Usage = Record<string, string>;

export type QuotaObject = DeepReadonly<KubeObject>;
export type Scope = DeepReadonly<ScopedResourceSelectorRequirement>;

/** How the objects of one resource are counted. */
export interface QuotaEvaluator {
  /** Which of the names in a quota are about this resource. */
  matching(names: readonly string[]): string[];
  /** What an object counts for; `now` in milliseconds. */
  usage(object: QuotaObject, now: number): Usage;
  inScope(scope: Scope, object: QuotaObject): boolean;
  /** What an object must say because a quota limits it; the text of a complaint, or undefined. */
  missing(names: readonly string[], object: QuotaObject): string | undefined;
  /** Whether an update can change what an object counts for. */
  chargesUpdates(subresource: string, object: QuotaObject, old: QuotaObject): boolean;
}

/** `count/pods`, `count/deployments.apps`. */
export function objectCount({ group, plural }: { group: string; plural: string }): string {
  return `count/${plural}${group === "" ? "" : `.${group}`}`;
}

/** Whether a scope with a selector, such as `PriorityClass In [a]`, holds for a value ("" is none). */
export function scopeSelects({ scopeName, operator, values }: Scope, value: string): boolean {
  const operators = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;
  const known = operators[operator as keyof typeof operators];
  if (known === undefined) return false;
  const query = new LabelQuery([labelRequirement(scopeName, known, values ?? [])]);
  return query.matches(value === "" ? {} : { [scopeName]: value });
}
