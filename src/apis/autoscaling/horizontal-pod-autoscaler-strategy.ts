import { path, type Path } from "#machinery/field-error.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import {
  type HorizontalPodAutoscalerV1,
  horizontalPodAutoscalersV1,
} from "./horizontal-pod-autoscaler-v1.ts";
import {
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalers,
  type HPAScalingRules,
} from "./horizontal-pod-autoscaler.ts";
import { apiVersionMistake, validateMetrics, validateReference } from "./metrics-validation.ts";
import type { CrossVersionObjectReference } from "./metrics.ts";

const at = path("spec");
const windowSecondsMax = 3600;
const periodSecondsMax = 1800;

type Target = DeepReadonly<CrossVersionObjectReference>;

interface Limits {
  readonly maxReplicas: number;
  readonly minReplicas?: number | undefined;
  readonly scaleTargetRef: Target;
}

function isCore({ kind }: Target): boolean {
  return kind === "ReplicationController";
}

/** What the versions have in common. `old`: what is stored, whose apiVersion may stay wrong. */
function validateLimits(problems: Problems, spec: Limits, old: Limits | undefined): void {
  const { maxReplicas, minReplicas, scaleTargetRef } = spec;
  if (minReplicas !== undefined && minReplicas < 1) {
    const detail = "must be greater than or equal to 1";
    problems.invalid(at.child("minReplicas"), minReplicas, detail);
  }
  const maxAt = at.child("maxReplicas");
  if (maxReplicas === 0) problems.required(maxAt);
  else if (maxReplicas < 1) problems.invalid(maxAt, maxReplicas, "must be greater than 0");
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    problems.invalid(maxAt, maxReplicas, "must be greater than or equal to `minReplicas`");
  }
  const before = old?.scaleTargetRef;
  const lenient =
    before !== undefined &&
    apiVersionMistake(before.apiVersion ?? "", isCore(before)) !== undefined;
  const targetAt = at.child("scaleTargetRef");
  validateReference(problems, targetAt, scaleTargetRef, lenient || isCore(scaleTargetRef));
}

function validateRules(
  problems: Problems,
  place: Path,
  rules: DeepReadonly<HPAScalingRules> | undefined,
): void {
  if (!rules) return;
  const { policies = [], selectPolicy, stabilizationWindowSeconds: window, tolerance } = rules;
  const windowAt = place.child("stabilizationWindowSeconds");
  if (window !== undefined && window < 0) {
    problems.invalid(windowAt, window, "must be greater than or equal to zero");
  }
  if (window !== undefined && window > windowSecondsMax) {
    problems.invalid(windowAt, window, `must be less than or equal to ${windowSecondsMax}`);
  }
  problems.oneOf(place.child("selectPolicy"), selectPolicy, ["Disabled", "Max", "Min"]);
  const policiesAt = place.child("policies");
  if (policies.length === 0) problems.required(policiesAt, "must specify at least one Policy");
  for (const [i, { periodSeconds, type, value }] of policies.entries()) {
    const policyAt = policiesAt.index(i);
    problems.oneOf(policyAt.child("type"), type, ["Percent", "Pods"]);
    if (value <= 0) problems.invalid(policyAt.child("value"), value, "must be greater than zero");
    const periodAt = policyAt.child("periodSeconds");
    if (periodSeconds <= 0) problems.invalid(periodAt, periodSeconds, "must be greater than zero");
    if (periodSeconds > periodSecondsMax) {
      const detail = `must be less than or equal to ${periodSecondsMax}`;
      problems.invalid(periodAt, periodSeconds, detail);
    }
  }
  if (tolerance !== undefined && compareQuantity(tolerance, "0") < 0) {
    problems.invalid(place.child("tolerance"), tolerance, negativeMessage);
  }
}

function validate(
  problems: Problems,
  { spec }: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler | undefined,
): void {
  validateLimits(problems, spec, old?.spec);
  validateMetrics(problems, at.child("metrics"), spec.metrics ?? [], spec.minReplicas);
  const behaviorAt = at.child("behavior");
  validateRules(problems, behaviorAt.child("scaleUp"), spec.behavior?.scaleUp);
  validateRules(problems, behaviorAt.child("scaleDown"), spec.behavior?.scaleDown);
}

function validateStatus(
  problems: Problems,
  { status }: HorizontalPodAutoscaler | HorizontalPodAutoscalerV1,
): void {
  const statusAt = path("status");
  problems.nonNegative(statusAt.child("currentReplicas"), status?.currentReplicas);
  problems.nonNegative(statusAt.child("desiredReplicas"), status?.desiredReplicas);
}

export const horizontalPodAutoscalerStrategy = kindStrategy<HorizontalPodAutoscaler>({
  resource: horizontalPodAutoscalers,
  generation: false,
  updateSkipsValidate: true,
  validate: (problems, autoscaler) => validate(problems, autoscaler, undefined),
  validateUpdate: validate,
  status: { validateUpdate: validateStatus },
});

function validateV1(
  problems: Problems,
  { spec }: HorizontalPodAutoscalerV1,
  old: HorizontalPodAutoscalerV1 | undefined,
): void {
  validateLimits(problems, spec, old?.spec);
  const averageUtilization = spec.targetCPUUtilizationPercentage;
  const target = { type: "Utilization", averageUtilization };
  const metrics =
    averageUtilization === undefined
      ? []
      : [{ type: "Resource", resource: { name: "cpu", target } }];
  validateMetrics(problems, at.child("metrics"), metrics, spec.minReplicas);
}

/** The same for autoscaling/v1, whose only metric is the use of CPU. */
export const horizontalPodAutoscalerV1Strategy = kindStrategy<HorizontalPodAutoscalerV1>({
  resource: horizontalPodAutoscalersV1,
  generation: false,
  updateSkipsValidate: true,
  validate: (problems, autoscaler) => validateV1(problems, autoscaler, undefined),
  validateUpdate: validateV1,
  status: { validateUpdate: validateStatus },
});
