import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { matchResources, type MatchResources } from "./matching.ts";
import { type ParamRef, paramRef } from "./policy-parameters.ts";

export const validatingAdmissionPolicyBindingSpec = object(
  "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  {
    policyName: string({ tag: 1, required: true }),
    paramRef: struct<ParamRef>(paramRef, { tag: 2, pointer: true }),
    matchResources: struct<MatchResources>(matchResources, { tag: 3, pointer: true }),
    validationActions: list(string({ enum: ["Audit", "Deny", "Warn"] }), {
      tag: 4,
      required: true,
      listType: "set",
    }),
  },
);
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<
  typeof validatingAdmissionPolicyBindingSpec
> {}

export const validatingAdmissionPolicyBinding = kind(
  "admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  {
    metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
    spec: struct<ValidatingAdmissionPolicyBindingSpec>(validatingAdmissionPolicyBindingSpec, {
      tag: 2,
      required: true,
    }),
  },
);
export interface ValidatingAdmissionPolicyBinding extends Infer<
  typeof validatingAdmissionPolicyBinding
> {}

export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  singular: "validatingadmissionpolicybinding",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingAdmissionPolicyBinding,
});
