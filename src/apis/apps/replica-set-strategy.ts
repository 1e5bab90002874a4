import { path } from "#machinery/field-error.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateReplicaCounts } from "../meta/counts-validation.ts";
import { type ReplicaSet, replicaSets } from "./replica-set.ts";
import { validateReplicaSetSpec } from "./workload-validation.ts";

export const replicaSetStrategy = kindStrategy<ReplicaSet>({
  resource: replicaSets,
  validate: (problems, { spec }, context) => validateReplicaSetSpec(problems, spec, context),
  validateUpdate: (problems, { spec }, old) =>
    problems.immutable("spec.selector", spec.selector, old.spec.selector),
  warnings: ({ spec }) => templateWarnings(path("spec", "template"), spec.template),
  status: {
    validateUpdate: (problems, { status }) =>
      validateReplicaCounts(problems, status ?? {}, [
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
      ]),
  },
});
