import { path } from "#machinery/field-error.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { percent } from "#machinery/names.ts";
import type { Path } from "#machinery/field-error.ts";

/** The replica counts of a workload's status; the named ones cannot exceed `replicas`. */
export function validateReplicaCounts(
  problems: Problems,
  status: object,
  counts: readonly string[],
): void {
  const at = path("status");
  const of = (field: string) => (status as Readonly<Record<string, number | undefined>>)[field];
  for (const field of ["replicas", ...counts, "observedGeneration"]) {
    problems.nonNegative(at.child(field), of(field));
  }
  const replicas = of("replicas") ?? 0;
  for (const field of counts) {
    const count = of(field) ?? 0;
    if (count <= replicas) continue;
    problems.invalid(at.child(field), count, "cannot be greater than status.replicas");
  }
  const available = of("availableReplicas") ?? 0;
  if (available > (of("readyReplicas") ?? 0)) {
    const detail = "cannot be greater than readyReplicas";
    problems.invalid(at.child("availableReplicas"), available, detail);
  }
}

/** A count of hash collisions only grows. */
export function validateCollisionCount(
  problems: Problems,
  count: number | undefined,
  old: number | undefined,
): void {
  const at = path("status", "collisionCount");
  problems.nonNegative(at, count);
  if (old !== undefined && (count === undefined || count < old)) {
    problems.invalid(at, count ?? null, "cannot be decremented");
  }
}

export type IntOrPercent = number | string | undefined;

/** A number that is not negative, or a percentage. */
export function validateIntOrPercent(problems: Problems, at: Path, value: IntOrPercent): void {
  if (typeof value === "string") problems.each(at, value, percent(value));
  else problems.nonNegative(at, value);
}

/** The number in front of `%`; 0 for what is no percentage. */
export function numberOf(value: IntOrPercent): number {
  if (typeof value !== "string") return value ?? 0;
  return percent(value).length === 0 ? Number(value.slice(0, -1)) : 0;
}

export function validateAtMostAll(problems: Problems, at: Path, value: IntOrPercent): void {
  if (typeof value === "string" && numberOf(value) > 100) {
    problems.invalid(at, value, "must not be greater than 100%");
  }
}
