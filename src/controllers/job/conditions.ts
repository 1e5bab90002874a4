/** Job conditions. Unlike those of Deployments they keep their place in the list. Pure. */
import type { Job, JobCondition } from "#apis/batch/job.ts";
import { rfc3339 } from "#base/clock.ts";

export type Ending = Pick<JobCondition, "type" | "reason" | "message">;

/** The condition, if it holds. */
export function holds(job: Job, type: string): JobCondition | undefined {
  const found = job.status?.conditions?.find((condition) => condition.type === type);
  return found?.status === "True" ? found : undefined;
}

export function isJobFinished(job: Job): boolean {
  return holds(job, "Complete") !== undefined || holds(job, "Failed") !== undefined;
}

/** The list with the condition set; the same list when it says so already. */
export function ensure(
  conditions: readonly JobCondition[],
  type: string,
  status: "True" | "False",
  { reason = "", message = "" }: Pick<JobCondition, "reason" | "message">,
  nowMs: number,
): readonly JobCondition[] {
  const current = conditions.find((condition) => condition.type === type);
  const same =
    current?.status === status && current.reason === reason && current.message === message;
  // From nothing to False says nothing.
  if (same || (!current && status === "False")) return conditions;
  const now = rfc3339(nowMs);
  const next = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
  if (!current) return [...conditions, next];
  return conditions.map((condition) => (condition === current ? next : condition));
}
