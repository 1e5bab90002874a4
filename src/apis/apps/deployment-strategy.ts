import { path } from "#machinery/field-error.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateCollisionCount, validateReplicaCounts } from "../meta/counts-validation.ts";
import { type Deployment, deployments } from "./deployment.ts";
import { validateDeploymentSpec } from "./workload-validation.ts";

export const deploymentStrategy = kindStrategy<Deployment>({
  resource: deployments,
  validate: (problems, { spec }, context) => validateDeploymentSpec(problems, spec, context),
  validateUpdate: (problems, { spec }, old) =>
    problems.immutable("spec.selector", spec.selector, old.spec.selector),
  warnings: ({ spec }) => templateWarnings(path("spec", "template"), spec.template),
  status: {
    keepsMetadata: "labels",
    validateUpdate(problems, { status = {} }, old) {
      problems.nonNegative("status.unavailableReplicas", status.unavailableReplicas);
      validateReplicaCounts(problems, status, [
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
      ]);
      validateCollisionCount(problems, status.collisionCount, old.status?.collisionCount);
    },
  },
});
