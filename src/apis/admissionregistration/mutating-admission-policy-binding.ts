import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, string, struct } from "#machinery/schema/schema.ts";
import { matchResources, type MatchResources } from "./matching.ts";
import { type ParamRef, paramRef } from "./policy-parameters.ts";

export const mutatingAdmissionPolicyBindingSpec = object(
  "admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  {
    policyName: string({ tag: 1 }),
    paramRef: struct<ParamRef>(paramRef, { tag: 2, pointer: true }),
    matchResources: struct<MatchResources>(matchResources, { tag: 3, pointer: true }),
  },
);
export interface MutatingAdmissionPolicyBindingSpec extends Infer<
  typeof mutatingAdmissionPolicyBindingSpec
> {}

export const mutatingAdmissionPolicyBinding = kind(
  "admissionregistration.v1.MutatingAdmissionPolicyBinding",
  {
    metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
    spec: struct<MutatingAdmissionPolicyBindingSpec>(mutatingAdmissionPolicyBindingSpec, {
      tag: 2,
    }),
  },
);
export interface MutatingAdmissionPolicyBinding extends Infer<
  typeof mutatingAdmissionPolicyBinding
> {}

export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  singular: "mutatingadmissionpolicybinding",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingAdmissionPolicyBinding,
});
