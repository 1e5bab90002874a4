import { expect, test } from "vitest";
import { typeOfSchema } from "#machinery/cel/schema-types.ts";
import { deployment, deployments } from "../apps/deployment.ts";
import { configMap, configMaps } from "../core/config-map.ts";
import { type KindTypes, typeCheckPolicy } from "./type-checking.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";

const types: KindTypes = {
  ofResource: (_group, _version, plural) =>
    plural === "deployments"
      ? { gvk: deployments.gvk, type: typeOfSchema(deployment) }
      : { gvk: configMaps.gvk, type: typeOfSchema(configMap) },
  ofKind: () => ({ gvk: configMaps.gvk, type: typeOfSchema(configMap) }),
};

function check(spec: object, resources = ["deployments"]) {
  const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["*"], resources };
  const policy = { spec: { matchConstraints: { resourceRules: [rule] }, ...spec } };
  return typeCheckPolicy(policy as unknown as ValidatingAdmissionPolicy, types);
}

test("a field that no such object has is told, with the kind and the place", () => {
  expect(check({ validations: [{ expression: "object.replicas > 1" }] })).toEqual([
    {
      fieldRef: "spec.validations[0].expression",
      warning:
        "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n",
    },
  ]);
});

test.each([
  ["object.spec.replicas > 1 && object.metadata.labels['a'] == 'b'", {}, 0],
  ["object.spec.replicas == 'x'", {}, 1],
  ["object.spec.template.spec.containers.all(c, has(c.resources.limits) && c.image != '')", {}, 0],
  ["object.spec.strategy.rollingUpdate.maxSurge == '1' || object.metadata.namespace == 'n'", {}, 0],
  ["variables.n > 1", { variables: [{ name: "n", expression: "object.spec.replicas" }] }, 0],
  ["variables.n > 'x'", { variables: [{ name: "n", expression: "object.spec.replicas" }] }, 1],
  ["params.data['a'] == 'b'", { paramKind: { apiVersion: "v1", kind: "ConfigMap" } }, 0],
  ["params.nope", { paramKind: { apiVersion: "v1", kind: "ConfigMap" } }, 1],
])("%s", (expression, more, warnings) => {
  expect(check({ validations: [{ expression }], ...more })).toHaveLength(warnings);
});

test("rules that could mean anything are not checked", () => {
  expect(check({ validations: [{ expression: "object.nope" }] }, ["*"])).toEqual([]);
});

test("the message is checked too", () => {
  const validations = [{ expression: "true", messageExpression: "object.nope" }];
  expect(check({ validations })).toMatchObject([
    { fieldRef: "spec.validations[0].messageExpression" },
  ]);
});
