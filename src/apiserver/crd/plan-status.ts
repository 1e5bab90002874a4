import { approvalOf, isProtectedGroup } from "#apis/apiextensions/api-approval.ts";
import {
  copyStatus,
  type StatedCondition,
  withCondition,
  withoutCondition,
} from "#apis/apiextensions/conditions.ts";
import { isCondition, schemaOf, versionsOf } from "#apis/apiextensions/crd-spec.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from "#apis/apiextensions/custom-resource-definition.ts";
import { structuralErrors, unreadableSchema } from "#apis/apiextensions/structural/invariants.ts";
import { describe, path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { acceptNames } from "./names.ts";

type Crd = CustomResourceDefinition;

/**
 * The status that a definition shall have: its names, whether it is served, whether its schema and
 * its group are in order. `others`: the other definitions of its group.
 */
export function planStatus(
  crd: DeepReadonly<Crd>,
  others: readonly DeepReadonly<Crd>[],
  nowMs: number,
): CustomResourceDefinitionStatus {
  const own = crd as Crd;
  const { names, condition } = acceptNames(crd, others);
  let status = copyStatus(own);
  status.acceptedNames = names;
  const state = (stated: StatedCondition) => {
    status = withCondition({ status }, stated, nowMs);
  };
  state(condition);
  // Once established a definition stays so: its objects exist.
  if (!isCondition(own, "Established")) state(established(condition.status === "True"));
  const unfit = nonStructural(own);
  if (unfit) state(unfit);
  else status = withoutCondition({ status }, "NonStructuralSchema");
  const approval = approvalCondition(own);
  if (approval) state(approval);
  else status = withoutCondition({ status }, "KubernetesAPIApprovalPolicyConformant");
  return status;
}

function established(accepted: boolean): StatedCondition {
  const type = "Established";
  if (!accepted) {
    return { type, status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  }
  const message = "the initial names have been accepted";
  return { type, status: "True", reason: "InitialNamesAccepted", message };
}

/** Only definitions from before schemas had to be structural can have one that is not. */
function nonStructural(crd: Crd): StatedCondition | undefined {
  const shared = versionsOf(crd).length === 1;
  const violations = versionsOf(crd).flatMap((version, i) => {
    const schema = schemaOf(version);
    if (!schema) return [];
    const unreadable = unreadableSchema(schema);
    if (unreadable !== undefined) return [unreadable];
    const at = shared ? path("spec", "validation") : path(`spec.versions[${i}].schema`);
    const errors = structuralErrors(schema, at.child("openAPIV3Schema"));
    return errors.map((error) => `${error.field}: ${describe(error)}`);
  });
  if (violations.length === 0) return undefined;
  const text = violations.join(", ");
  return {
    type: "NonStructuralSchema",
    status: "True",
    reason: "Violations",
    message: violations.length === 1 ? text : `[${text}]`,
  };
}

const approvalReasons = {
  missing: ["False", "MissingAnnotation"],
  invalid: ["False", "InvalidAnnotation"],
  bypassed: ["False", "UnapprovedAPI"],
  approved: ["True", "ApprovedAnnotation"],
} as const;

function approvalCondition({ spec, metadata }: Crd): StatedCondition | undefined {
  if (!isProtectedGroup(spec.group)) return undefined;
  const { state, reason: message } = approvalOf(metadata);
  const [status, reason] = approvalReasons[state];
  return { type: "KubernetesAPIApprovalPolicyConformant", status, reason, message };
}
