import { path } from "#machinery/field-error.ts";
import { labelSetQuery } from "#machinery/selectors.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateReplicaCounts } from "../meta/counts-validation.ts";
import { validateEndlessTemplate } from "./pod-template-validation.ts";
import { templateWarnings } from "./pod-warnings-strategy.ts";
import { type ReplicationController, replicationControllers } from "./replication-controller.ts";

const at = path("spec");

export const replicationControllerStrategy = kindStrategy<ReplicationController>({
  resource: replicationControllers,
  anyGenerateName: true,
  defaultPropagation: "orphan",
  validate(problems, { spec }, context) {
    problems.nonNegative(at.child("minReadySeconds"), spec.minReadySeconds);
    const query = labelSetQuery(spec.selector);
    if (query.empty) problems.required(at.child("selector"));
    if (spec.replicas === undefined) problems.required(at.child("replicas"));
    problems.nonNegative(at.child("replicas"), spec.replicas);
    const templateAt = at.child("template");
    if (!spec.template) {
      problems.required(templateAt);
      return;
    }
    const owner = "ReplicationController";
    validateEndlessTemplate(problems, templateAt, spec.template, query, owner, context);
  },
  warnings: ({ spec }) =>
    spec.template ? templateWarnings(at.child("template"), spec.template) : [],
  status: {
    validateUpdate(problems, { status }) {
      validateReplicaCounts(problems, status ?? {}, [
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
      ]);
    },
  },
});
