import { type FieldError, invalid, path } from "#machinery/field-error.ts";

/**
 * Which of the Pod Security Standards a namespace asks for, in its labels.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */

export type Level = "privileged" | "baseline" | "restricted";

/** A level as one minor version of Kubernetes defined it; `latest` is infinite. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

export const modes = ["enforce", "audit", "warn"] as const;
export type Mode = (typeof modes)[number];
export type Policy = Readonly<Record<Mode, LevelVersion>>;

export const latest = Number.POSITIVE_INFINITY;
const strictness: Readonly<Record<Level, number>> = { privileged: 0, baseline: 1, restricted: 2 };
const prefix = "pod-security.kubernetes.io/";

const privileged: LevelVersion = { level: "privileged", minor: latest };
/** What holds where labels say nothing. */
export const privilegedPolicy: Policy = {
  enforce: privileged,
  audit: privileged,
  warn: privileged,
};

/** `restricted:latest`, `baseline:v1.25`. */
export function showLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === latest ? "latest" : `v1.${minor}`}`;
}

export function sameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** Whether `a` forbids more than `b`. */
export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return strictness[a.level] > strictness[b.level];
}

/**
 * The policy in the labels of a namespace, and what is wrong with them. A level that cannot be read
 * is the strictest for `enforce` and none for the others, which only tell.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy = privilegedPolicy,
): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = (mode: Mode): LevelVersion => {
    let { level, minor } = defaults[mode];
    const levelText = labels?.[prefix + mode];
    if (levelText !== undefined) {
      if (Object.hasOwn(strictness, levelText)) level = levelText as Level;
      else {
        level = mode === "enforce" ? "restricted" : "privileged";
        const at = path("metadata", "labels").key(prefix + mode);
        errors.push(invalid(at, levelText, "must be one of privileged, baseline, restricted"));
      }
    }
    const versionText = labels?.[`${prefix}${mode}-version`];
    if (versionText !== undefined) {
      const parsed = minorOf(versionText);
      minor = parsed ?? latest;
      if (parsed === undefined) {
        const at = path("metadata", "labels").key(`${prefix}${mode}-version`);
        errors.push(invalid(at, versionText, 'must be "latest" or "v1.x"'));
      }
    }
    return { level, minor };
  };
  const policy = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  return { policy, errors };
}

function minorOf(text: string): number | undefined {
  if (text === "latest") return latest;
  const digits = /^v1\.(\d|[1-9]\d*)$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
