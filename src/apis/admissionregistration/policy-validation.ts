import type { AdmissionVariables } from "#machinery/cel/admission-environment.ts";
import { dyn } from "#machinery/cel/types.ts";
import { path, type Path } from "#machinery/field-error.ts";
import {
  dns1035Label,
  dns1123Subdomain,
  nameIsSubdomain,
  pathSegmentName,
} from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateMatchConditions, validateVariables } from "./expression-validation.ts";
import type { MutatingAdmissionPolicySpec } from "./mutating-admission-policy.ts";
import type { ParamKind, ParamRef } from "./policy-parameters.ts";
import { validateMatch } from "./rules-validation.ts";
import type { ValidatingAdmissionPolicySpec } from "./validating-admission-policy.ts";

/** What validating and mutating policies have in common, and their bindings. */

type Common = DeepReadonly<
  Pick<
    ValidatingAdmissionPolicySpec & MutatingAdmissionPolicySpec,
    "failurePolicy" | "matchConditions" | "matchConstraints" | "paramKind" | "variables"
  >
>;

const at = path("spec");

/** Returns what the policy's expressions can refer to. `old`: what is stored, in an update. */
export function validatePolicySpec(
  problems: Problems,
  spec: Common,
  old: Common | undefined,
): AdmissionVariables {
  const { failurePolicy, matchConditions = [], matchConstraints, paramKind } = spec;
  const failureAt = at.child("failurePolicy");
  if (failurePolicy === undefined) problems.required(failureAt);
  problems.oneOf(failureAt, failurePolicy, ["Fail", "Ignore"]);
  if (paramKind) validateParamKind(problems, at.child("paramKind"), paramKind);
  const constraintsAt = at.child("matchConstraints");
  if (!matchConstraints) problems.required(constraintsAt);
  else {
    validateMatch(problems, constraintsAt, matchConstraints);
    if ((matchConstraints.resourceRules ?? []).length === 0) {
      problems.required(constraintsAt.child("resourceRules"));
    }
  }
  const unchanged =
    old !== undefined &&
    equalJson(paramKind, old.paramKind) &&
    equalJson(spec.matchConditions, old.matchConditions);
  const hasParams = paramKind !== undefined;
  if (!unchanged) {
    validateMatchConditions(problems, at.child("matchConditions"), matchConditions, hasParams);
  }
  const options: AdmissionVariables = hasParams ? { params: dyn } : {};
  const variables = spec.variables ?? [];
  if (variables.length === 0) return options;
  const types = validateVariables(problems, at.child("variables"), variables, options);
  return { ...options, variables: types };
}

function validateParamKind(
  problems: Problems,
  place: Path,
  { apiVersion = "", kind = "" }: DeepReadonly<ParamKind>,
): void {
  const versionAt = place.child("apiVersion");
  if (apiVersion === "") problems.required(versionAt);
  else {
    const parts = apiVersion.split("/");
    if (parts.length > 2) {
      problems.invalid(versionAt, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
    } else {
      const [version = "", group = ""] = parts.toReversed();
      const groupErrors = group === "" ? [] : dns1123Subdomain(group);
      if (groupErrors.length > 0) problems.invalid(versionAt, group, groupErrors.join(","));
      const versionErrors = dns1035Label(version);
      if (version === "") problems.invalid(versionAt, apiVersion, "version must be specified");
      else if (versionErrors.length > 0) {
        problems.invalid(versionAt, version, versionErrors.join(","));
      }
    }
  }
  const kindErrors = dns1035Label(kind.toLowerCase());
  if (kind === "") problems.required(place.child("kind"));
  else if (kindErrors.length > 0) {
    const detail = `may have mixed case, but should otherwise match: ${kindErrors.join(",")}`;
    problems.invalid(place.child("kind"), kind, detail);
  }
}

/** A binding's policy, parameters and further matching. */
export function validateBindingSpec(
  problems: Problems,
  spec: DeepReadonly<{
    policyName?: string | undefined;
    paramRef?: ParamRef | undefined;
    matchResources?: Parameters<typeof validateMatch>[2] | undefined;
  }>,
): void {
  const check = (name: string) => nameIsSubdomain(name, false);
  problems.name(at.child("policyName"), spec.policyName, check);
  if (spec.paramRef) validateParamRef(problems, at.child("paramRef"), spec.paramRef);
  if (spec.matchResources) validateMatch(problems, at.child("matchResources"), spec.matchResources);
}

function validateParamRef(
  problems: Problems,
  place: Path,
  { name = "", parameterNotFoundAction: action, selector }: DeepReadonly<ParamRef>,
): void {
  const exclusive = "name and selector are mutually exclusive";
  if (name !== "") {
    problems.each(place.child("name"), name, pathSegmentName(name));
    if (selector) problems.forbidden(place.child("name"), exclusive);
  }
  if (selector) {
    validateLabelSelector(problems, place.child("selector"), selector);
    if (name !== "") problems.forbidden(place.child("selector"), exclusive);
  }
  if (name === "" && !selector) {
    problems.required(place, "one of name or selector must be specified");
  }
  problems.requiredOneOf(place.child("parameterNotFoundAction"), action, ["Allow", "Deny"]);
}
