import { expect, test } from "vitest";
import { validatingAdmissionPolicies } from "#apis/admissionregistration/validating-admission-policy.ts";
import { customResourceDefinitions } from "#apis/apiextensions/custom-resource-definition.ts";
import { startCluster } from "#cluster/index.ts";

test("a policy is told what does not fit the types that its rules name, custom ones included", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const client = cluster.client;
  const schema = { type: "object", properties: { spec: { type: "object" } } };
  await client.create(customResourceDefinitions, {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things", singular: "thing" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const rule = { apiVersions: ["v1"], operations: ["*"] };
  await client.create(validatingAdmissionPolicies, {
    metadata: { name: "p" },
    spec: {
      matchConstraints: {
        resourceRules: [
          { ...rule, apiGroups: ["apps"], resources: ["deployments"] },
          { ...rule, apiGroups: ["example.com"], resources: ["things"] },
        ],
      },
      validations: [{ expression: "object.spec.replicas > 1" }],
    },
  });
  await expect
    .poll(
      async () => {
        const policy = await client.get(validatingAdmissionPolicies, { name: "p" });
        return policy.status?.typeChecking?.expressionWarnings?.map(({ warning }) => warning);
      },
      { timeout: 5_000 },
    )
    .toEqual([
      expect.stringContaining(
        "example.com/v1, Kind=Thing: ERROR: <input>:1:12: undefined field 'replicas'",
      ),
    ]);
});
