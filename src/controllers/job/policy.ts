/** Pod failure policy and success policy: what the end of pods means for their Job. Pure. */
import type { Job } from "#apis/batch/job.ts";
import type { PodFailurePolicyRule } from "#apis/batch/pod-failure-policy.ts";
import type { SuccessPolicy } from "#apis/batch/pod-failure-policy.ts";
import type { Pod } from "#apis/core/pod.ts";
import { keyOf } from "#machinery/meta.ts";
import { parseIndexes } from "./indexes.ts";

export type FailureAction = "FailJob" | "FailIndex" | "Ignore" | "Count";

/** What the first rule that matches a failed pod says; "Count" when none does. */
export function judgeFailure(job: Job, pod: Pod): { action: FailureAction; message: string } {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const what = matchExitCodes(rule, pod) ?? matchConditions(rule, pod);
    if (what === undefined) continue;
    const message = `${what} matching ${rule.action} rule at index ${index}`;
    return { action: rule.action as FailureAction, message };
  }
  return { action: "Count", message: "" };
}

function matchExitCodes({ onExitCodes }: PodFailurePolicyRule, pod: Pod): string | undefined {
  if (!onExitCodes) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  for (const { name, state } of statuses) {
    const exitCode = state.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (containerName && containerName !== name)) continue;
    if (values.includes(exitCode) !== (operator === "In")) continue;
    return `Container ${name} for pod ${keyOf(pod)} failed with exit code ${exitCode}`;
  }
  return undefined;
}

function matchConditions({ onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  for (const { type, status } of onPodConditions ?? []) {
    const found = pod.status?.conditions?.some(
      (condition) => condition.type === type && condition.status === status,
    );
    if (found) return `Pod ${keyOf(pod)} has condition ${type}`;
  }
  return undefined;
}

/** Why the Job counts as successful by its policy; undefined when it does not (yet). */
export function matchSuccess(
  policy: SuccessPolicy | undefined,
  succeeded: ReadonlySet<number>,
): string | undefined {
  for (const [index, { succeededIndexes, succeededCount }] of (policy?.rules ?? []).entries()) {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes);
    const matched = wanted ? [...wanted].filter((i) => succeeded.has(i)).length : succeeded.size;
    const needed = succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY;
    if (matched >= needed) return `Matched rules at index ${index}`;
  }
  return undefined;
}
