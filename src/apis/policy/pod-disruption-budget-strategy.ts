import { path } from "#machinery/field-error.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateConditions } from "../meta/conditions-validation.ts";
import { validateAtMostAll, validateIntOrPercent } from "../meta/counts-validation.ts";
import { type PodDisruptionBudget, podDisruptionBudgets } from "./pod-disruption-budget.ts";

const at = path("spec");
const counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const;

export const podDisruptionBudgetStrategy = kindStrategy<PodDisruptionBudget>({
  resource: podDisruptionBudgets,
  metadata: "none",
  allowUnconditionalUpdate: false,
  validate(problems, { spec }) {
    const { maxUnavailable, minAvailable, selector, unhealthyPodEvictionPolicy } = spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      problems.invalid(at, spec, "minAvailable and maxUnavailable cannot be both set");
    }
    for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
      if (value === undefined) continue;
      validateIntOrPercent(problems, at.child(field), value);
      validateAtMostAll(problems, at.child(field), value);
    }
    validateLabelSelector(problems, at.child("selector"), selector);
    problems.oneOf(at.child("unhealthyPodEvictionPolicy"), unhealthyPodEvictionPolicy, [
      "AlwaysAllow",
      "IfHealthyBudget",
    ]);
  },
  status: {
    validateUpdate(problems, { status }) {
      const statusAt = path("status");
      validateConditions(problems, statusAt.child("conditions"), status?.conditions ?? []);
      for (const field of counts) problems.nonNegative(statusAt.child(field), status?.[field]);
    },
  },
});
