import type { AdmissionVariables } from "#machinery/cel/admission-environment.ts";
import { path, type Path } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { qualifiedName } from "#machinery/names.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
import { validateConditions } from "../meta/conditions-validation.ts";
import { validateExpression } from "./expression-validation.ts";
import {
  type MutatingAdmissionPolicyBinding,
  mutatingAdmissionPolicyBindings,
} from "./mutating-admission-policy-binding.ts";
import {
  mutatingAdmissionPolicies,
  type MutatingAdmissionPolicy,
  type Mutation,
} from "./mutating-admission-policy.ts";
import { validateBindingSpec, validatePolicySpec } from "./policy-validation.ts";
import {
  type ValidatingAdmissionPolicyBinding,
  validatingAdmissionPolicyBindings,
} from "./validating-admission-policy-binding.ts";
import {
  type AuditAnnotation,
  validatingAdmissionPolicies,
  type ValidatingAdmissionPolicy,
  type Validation,
} from "./validating-admission-policy.ts";

const at = path("spec");
const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
const auditAnnotationsMax = 20;
const auditExpressionBytesMax = 5 * 1024;

/** A change is checked as if the object were new; metadata is part of that. */
const common = {
  metadata: "none",
  allowUnconditionalUpdate: false,
  updateSkipsValidate: true,
} as const;

function checkName<T extends KubeObject>(
  problems: Problems,
  object: T,
  resource: Resource<T>,
): void {
  checkMeta(problems, object, { resource, metadata: "plain" });
}

function validateValidation(
  problems: Problems,
  place: Path,
  { expression, message = "", messageExpression = "", reason }: Validation,
  variables: AdmissionVariables,
): void {
  const expressionAt = place.child("expression");
  if (expression.trim() === "") problems.required(expressionAt, "expression is not specified");
  else validateExpression(problems, expressionAt, expression, "validation", variables);
  const messageExpressionAt = place.child("messageExpression");
  if (messageExpression.trim() !== "") {
    validateExpression(problems, messageExpressionAt, messageExpression, "message", variables);
  } else if (messageExpression !== "") {
    problems.invalid(messageExpressionAt, messageExpression, "must be non-empty if specified");
  }
  const messageAt = place.child("message");
  if (message !== "" && message.trim() === "") {
    problems.invalid(messageAt, message, "message must be non-empty if specified");
  } else if (/[\n\r]/.test(message.trim())) {
    problems.invalid(messageAt, message, "message must not contain line breaks");
  } else if (message === "" && /[\n\r]/.test(expression.trim())) {
    const detail = "message must be specified if expression contains line breaks";
    problems.required(messageAt, detail);
  }
  problems.oneOf(place.child("reason"), reason, reasons);
}

function validateAnnotation(
  problems: Problems,
  place: Path,
  policy: string,
  { key, valueExpression }: AuditAnnotation,
  variables: AdmissionVariables,
): void {
  const keyAt = place.child("key");
  if (policy === "") problems.invalid(keyAt, key, "requires metadata.name be non-empty");
  else problems.each(keyAt, `${policy}/${key}`, qualifiedName(`${policy}/${key}`));
  const expression = valueExpression.trim();
  const valueAt = place.child("valueExpression");
  if (expression === "") problems.required(valueAt, "valueExpression is not specified");
  else if (Buffer.byteLength(expression) > auditExpressionBytesMax) {
    problems.required(valueAt, `must not exceed ${auditExpressionBytesMax} bytes in length`);
  } else {
    validateExpression(problems, valueAt, expression, "auditValue", variables);
  }
}

function validateValidatingPolicy(
  problems: Problems,
  policy: ValidatingAdmissionPolicy,
  old: ValidatingAdmissionPolicy | undefined,
): void {
  checkName(problems, policy, validatingAdmissionPolicies);
  const { metadata, spec } = policy;
  const variables = validatePolicySpec(problems, spec, old?.spec);
  const { auditAnnotations = [], validations = [] } = spec;
  const annotationsAt = at.child("auditAnnotations");
  const validationsAt = at.child("validations");
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = "validations or auditAnnotations must contain at least one item";
    problems.required(validationsAt, detail);
    problems.required(annotationsAt, detail);
  }
  for (const [i, validation] of validations.entries()) {
    validateValidation(problems, validationsAt.index(i), validation, variables);
  }
  if (auditAnnotations.length > auditAnnotationsMax) {
    const detail = `must not have more than ${auditAnnotationsMax} auditAnnotations`;
    problems.invalid(annotationsAt, auditAnnotations, detail);
  }
  const keys = auditAnnotations.map(({ key }) => key);
  for (const [i, annotation] of auditAnnotations.entries()) {
    const place = annotationsAt.index(i);
    validateAnnotation(problems, place, metadata.name ?? "", annotation, variables);
    if (keys.indexOf(annotation.key) < i) problems.duplicate(place.child("key"), annotation.key);
  }
}

export const validatingAdmissionPolicyStrategy = kindStrategy<ValidatingAdmissionPolicy>({
  ...common,
  resource: validatingAdmissionPolicies,
  validate: (problems, policy) => validateValidatingPolicy(problems, policy, undefined),
  validateUpdate: validateValidatingPolicy,
  status: {
    keepsMetadata: "all",
    validateUpdate(problems, { status }) {
      const statusAt = path("status");
      const warningsAt = statusAt.child("typeChecking").child("expressionWarnings");
      for (const [i, each] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
        const place = warningsAt.index(i);
        if (each.warning === "") problems.required(place.child("warning"));
        if (each.fieldRef.trim() === "") problems.required(place.child("fieldRef"));
      }
      validateConditions(problems, statusAt.child("conditions"), status?.conditions ?? []);
    },
  },
});

const actions = ["Audit", "Deny", "Warn"];

function validateActions(problems: Problems, chosen: readonly string[]): void {
  const place = at.child("validationActions");
  for (const [i, action] of chosen.entries()) {
    problems.oneOf(place.index(i), action, actions);
    if (chosen.indexOf(action) < i) problems.duplicate(place.index(i), action);
  }
  if (chosen.includes("Deny") && chosen.includes("Warn")) {
    const detail =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    problems.invalid(place, chosen, detail);
  }
  if (chosen.length === 0) problems.required(place, "at least one validation action is required");
}

function validateValidatingBinding(
  problems: Problems,
  binding: ValidatingAdmissionPolicyBinding,
): void {
  checkName(problems, binding, validatingAdmissionPolicyBindings);
  validateBindingSpec(problems, binding.spec);
  validateActions(problems, binding.spec.validationActions ?? []);
}

export const validatingAdmissionPolicyBindingStrategy =
  kindStrategy<ValidatingAdmissionPolicyBinding>({
    ...common,
    resource: validatingAdmissionPolicyBindings,
    validate: validateValidatingBinding,
    validateUpdate: validateValidatingBinding,
  });

const mutationFields = {
  ApplyConfiguration: "applyConfiguration",
  JSONPatch: "jsonPatch",
} as const;

function validateMutation(
  problems: Problems,
  place: Path,
  mutation: Mutation,
  variables: AdmissionVariables,
): void {
  const { patchType } = mutation;
  problems.requiredOneOf(place.child("patchType"), patchType, Object.keys(mutationFields));
  for (const [type, field] of Object.entries(mutationFields)) {
    const value = mutation[field];
    const fieldAt = place.child(field);
    if (type !== patchType) {
      if (value) problems.forbidden(fieldAt, `may only be set when patchType is ${type}`);
      continue;
    }
    if (!value) {
      problems.required(fieldAt, `must be specified when patchType is ${type}`);
      continue;
    }
    const expression = value.expression ?? "";
    const expressionAt = fieldAt.child("expression");
    if (expression.trim() === "") problems.required(expressionAt, "expression is not specified");
    else
      validateExpression(problems, expressionAt, expression, field, {
        ...variables,
        mutates: true,
      });
  }
}

function validateMutatingPolicy(
  problems: Problems,
  policy: MutatingAdmissionPolicy,
  old: MutatingAdmissionPolicy | undefined,
): void {
  checkName(problems, policy, mutatingAdmissionPolicies);
  const { spec } = policy;
  const variables = validatePolicySpec(problems, spec, old?.spec);
  const { mutations = [], reinvocationPolicy } = spec;
  const mutationsAt = at.child("mutations");
  if (mutations.length === 0) {
    problems.required(mutationsAt, "mutations must contain at least one item");
  }
  for (const [i, mutation] of mutations.entries()) {
    validateMutation(problems, mutationsAt.index(i), mutation, variables);
  }
  problems.requiredOneOf(at.child("reinvocationPolicy"), reinvocationPolicy, ["IfNeeded", "Never"]);
}

export const mutatingAdmissionPolicyStrategy = kindStrategy<MutatingAdmissionPolicy>({
  ...common,
  resource: mutatingAdmissionPolicies,
  validate: (problems, policy) => validateMutatingPolicy(problems, policy, undefined),
  validateUpdate: validateMutatingPolicy,
});

function validateMutatingBinding(
  problems: Problems,
  binding: MutatingAdmissionPolicyBinding,
): void {
  checkName(problems, binding, mutatingAdmissionPolicyBindings);
  validateBindingSpec(problems, binding.spec);
}

export const mutatingAdmissionPolicyBindingStrategy = kindStrategy<MutatingAdmissionPolicyBinding>({
  ...common,
  resource: mutatingAdmissionPolicyBindings,
  validate: validateMutatingBinding,
  validateUpdate: validateMutatingBinding,
});
