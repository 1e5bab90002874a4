import { baselineChecks } from "./baseline.ts";
import type { Check, CheckVersion, Subject, Violation } from "./check.ts";
import type { LevelVersion } from "./policy.ts";
import { restrictedChecks } from "./restricted.ts";

/** What a pod does that the level, as it was in that version, forbids. Pure. */
export function violationsOf(at: LevelVersion, subject: Subject): Violation[] {
  return checksFor(at).flatMap((version) => version.check(subject) ?? []);
}

function checksFor({ level, minor }: LevelVersion): readonly CheckVersion[] {
  if (level === "privileged") return [];
  const current = (checks: readonly Check[]) =>
    checks.flatMap(({ id, versions }) => {
      const version = versions.findLast(({ since }) => since <= minor);
      return version ? [{ id, version }] : [];
    });
  const restricted = level === "restricted" ? current(restrictedChecks) : [];
  const replaced = new Set(restricted.flatMap(({ version }) => version.replaces ?? []));
  const baseline = current(baselineChecks).filter(({ id }) => !replaced.has(id));
  return [...baseline, ...restricted].map(({ version }) => version);
}

/** `privileged, hostPort`. */
export function reasonsOf(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(", ");
}

/** `privileged (container "a" must …), hostPort (…)`. */
export function detailsOf(violations: readonly Violation[]): string {
  return violations
    .map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`))
    .join(", ");
}
