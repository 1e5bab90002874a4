import { rfc3339 } from "#base/clock.ts";

/** What all conditions of all kinds have in common. */
interface AnyCondition {
  type: string;
  status: string;
  reason?: string | undefined;
  message?: string | undefined;
  lastTransitionTime?: string | null | undefined;
}

/** The condition of the given type, if there is one. */
export function conditionOf<C extends AnyCondition>(
  conditions: readonly C[] | null | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with one set: unchanged when its status and reason are so already; the time of
 * transition moves only with the status. A changed condition goes to the end of the list, as the
 * workload controllers upstream have it.
 */
export function withCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  condition: C,
  nowMs: number,
): C[] {
  const current = conditionOf(conditions, condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) {
    return [...(conditions ?? [])];
  }
  const lastTransitionTime =
    current?.status === condition.status ? current.lastTransitionTime : rfc3339(nowMs);
  const others = withoutCondition(conditions, condition.type);
  return [...others, { lastTransitionTime, ...condition }];
}

/** The conditions but those of one type. */
export function withoutCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
