import { rfc3339 } from "#base/clock.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from "./custom-resource-definition.ts";

/** A condition as controllers state it. */
export interface StatedCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

type Status = CustomResourceDefinitionStatus;

/** A copy of the status of a definition that can be changed. */
export function copyStatus({ status }: Pick<CustomResourceDefinition, "status">): Status {
  const empty = { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null };
  return structuredClone(status ?? empty) as Status;
}

/** The status of `crd` with a condition added or changed. Times tell when `status` last changed. */
export function withCondition(
  crd: Pick<CustomResourceDefinition, "status">,
  stated: StatedCondition,
  nowMs: number,
): Status {
  const status = copyStatus(crd);
  const conditions = (status.conditions ??= []);
  const old = conditions.find(({ type }) => type === stated.type);
  const lastTransitionTime =
    old?.status === stated.status && old.lastTransitionTime
      ? old.lastTransitionTime
      : rfc3339(nowMs);
  const next = { ...stated, lastTransitionTime };
  if (old) Object.assign(old, next);
  else conditions.push(next);
  return status;
}

/** The status of `crd` without a condition. */
export function withoutCondition(
  crd: Pick<CustomResourceDefinition, "status">,
  unwanted: string,
): Status {
  const status = copyStatus(crd);
  status.conditions = (status.conditions ?? []).filter(({ type }) => type !== unwanted);
  return status;
}
