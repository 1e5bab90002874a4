/**
 * Says in the status of each ValidatingAdmissionPolicy what does not fit the types of the objects
 * that its rules name.
 * Reads ValidatingAdmissionPolicy, CustomResourceDefinition. Writes ValidatingAdmissionPolicy/status.
 */
import { typeCheckPolicy } from "#apis/admissionregistration/type-checking.ts";
import {
  type ValidatingAdmissionPolicy,
  validatingAdmissionPolicies,
} from "#apis/admissionregistration/validating-admission-policy.ts";
import { customResourceDefinitions } from "#apis/apiextensions/custom-resource-definition.ts";
import { defineController, done } from "#client/reconciler.ts";
import { kindTypes } from "./kind-types.ts";

export const validatingAdmissionPolicyStatusController =
  defineController<ValidatingAdmissionPolicy>({
    name: "validatingadmissionpolicy-status-controller",
    for: validatingAdmissionPolicies,
    when: (next) => next !== undefined,
    reads: [customResourceDefinitions],
    async reconcile(key, { caches, client }) {
      const policy = caches.get(validatingAdmissionPolicies, key);
      if (!policy) return done;
      const { generation = 0 } = policy.metadata;
      if ((policy.status?.observedGeneration ?? 0) >= generation) return done;
      const types = kindTypes(caches.of(customResourceDefinitions).list());
      const expressionWarnings = typeCheckPolicy(policy, types);
      const status = {
        ...policy.status,
        observedGeneration: generation,
        typeChecking: expressionWarnings.length > 0 ? { expressionWarnings } : {},
      };
      await client.updateStatus(validatingAdmissionPolicies, { ...policy, status });
      return done;
    },
  });
