import type { Path } from "#machinery/field-error.ts";
import type { Problems } from "#machinery/validation/problems.ts";

/** Paths of files that clients give: nothing may lead out of its folder. */

export function hasBacksteps(target: string): boolean {
  return target.split("/").includes("..");
}

export function validateNoBacksteps(problems: Problems, at: Path, target: string): void {
  if (hasBacksteps(target)) problems.invalid(at, target, "must not contain '..'");
}

/** Relative, and nowhere upwards. */
export function validateLocalDescendingPath(problems: Problems, at: Path, target: string): void {
  if (target.startsWith("/")) problems.invalid(at, target, "must be a relative path");
  validateNoBacksteps(problems, at, target);
}

/** As `validateLocalDescendingPath`; names that start with `..` are the kubelet's own. */
export function validateLocalNonReservedPath(problems: Problems, at: Path, target: string): void {
  validateLocalDescendingPath(problems, at, target);
  if (target.startsWith("..") && !target.startsWith("../")) {
    problems.invalid(at, target, "must not start with '..'");
  }
}

const modeMax = 0o777;

/** The permission bits of a file. */
export function validateFileMode(problems: Problems, at: Path, mode: number | undefined): void {
  if (mode === undefined || (mode >= 0 && mode <= modeMax)) return;
  problems.invalid(at, mode, "must be a number between 0 and 0777 (octal), both inclusive");
}
