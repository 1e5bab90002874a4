import { beforeEach, describe, expect, test } from "vitest";
import type { ConfigMap } from "#apis/core/config-map.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import { AdmissionServer, podManifest } from "#testkit/admission-server.ts";

let api: AdmissionServer;

beforeEach(async () => {
  api = await AdmissionServer.start();
  return () => api[Symbol.asyncDispose]();
});

const registration = "/apis/admissionregistration.k8s.io/v1";
const configMaps = "/api/v1/namespaces/n/configmaps";
const rule = {
  apiGroups: [""],
  apiVersions: ["v1"],
  operations: ["CREATE", "UPDATE", "DELETE"],
  resources: ["configmaps", "pods"],
};

async function validating(spec: object, binding: object = {}, server = api): Promise<void> {
  await server.post(`${registration}/validatingadmissionpolicies`, {
    metadata: { name: "p" },
    spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
  });
  await server.post(`${registration}/validatingadmissionpolicybindings`, {
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...binding },
  });
}

async function mutating(spec: object, name = "p"): Promise<void> {
  await api.post(`${registration}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: ["CREATE", "UPDATE"] }] },
      reinvocationPolicy: "Never",
      ...spec,
    },
  });
  await api.post(`${registration}/mutatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name },
  });
}

const create = (name: string, more: object = {}, server = api) =>
  server.post<ConfigMap>(configMaps, { metadata: { name }, ...more });

describe("a validating policy", () => {
  test("says which policy and binding refused, and why", async () => {
    await validating({ validations: [{ expression: "object.metadata.name != 'x'" }] });
    const message =
      "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.metadata.name != 'x'";
    await expect(create("x")).rejects.toMatchObject({
      code: 422,
      reason: "Invalid",
      message: `configmaps "x" is forbidden: ${message}`,
      details: { name: "x", kind: "configmaps", causes: [{ message }] },
    });
    await create("y");
  });

  test.each([
    ["message", { message: "  no x  " }, "no x"],
    ["messageExpression", { messageExpression: "'not ' + object.metadata.name" }, "not x"],
    ["a messageExpression that fails", { messageExpression: "object.nope", message: "m" }, "m"],
    ["a messageExpression of two lines", { messageExpression: "'a\\nb'", message: "m" }, "m"],
  ])("tells its %s", async (_what, more, message) => {
    await validating({ validations: [{ expression: "object.metadata.name != 'x'", ...more }] });
    await expect(create("x")).rejects.toThrow(`denied request: ${message}`);
  });

  test.each([
    ["Forbidden", 403],
    ["Unauthorized", 401],
    ["RequestEntityTooLarge", 413],
    ["Invalid", 422],
  ])("refuses with reason %s", async (reason, code) => {
    await validating({ validations: [{ expression: "false", reason }] });
    await expect(create("x")).rejects.toMatchObject({ code, reason });
  });

  test.each([
    ["request.operation == 'CREATE' && request.namespace == 'n' && request.name == 'x'"],
    ["request.userInfo.username == 'tester' && 'system:masters' in request.userInfo.groups"],
    ["request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap'"],
    ["namespaceObject.metadata.name == 'n' && has(namespaceObject.metadata.creationTimestamp)"],
    ["oldObject == null && object.data['k'] == 'v' && !request.dryRun"],
    ["authorizer.group('').resource('pods').namespace('n').check('get').allowed()"],
    ["authorizer.requestResource.check('create').allowed()"],
    ["authorizer.serviceAccount('n', 'a').path('/x').check('get').allowed()"],
  ])("sees the request: %s", async (expression) => {
    await validating({ validations: [{ expression }] });
    await create("x", { data: { k: "v" } });
  });

  test("sees an object that is deleted as the old one", async () => {
    await create("x");
    await validating({
      validations: [{ expression: "object != null || oldObject.metadata.name != 'x'" }],
    });
    await expect(api.send("DELETE", `${configMaps}/x`)).rejects.toThrow("denied request");
  });

  test("may ask authorizers that need time", async () => {
    const authorizer: Authorizer = {
      name: "slow",
      authorize: async ({ user }) => ({
        decision: user.name === "system:serviceaccount:n:a" ? "allow" : "deny",
        reason: "",
      }),
    };
    await using server = await AdmissionServer.start({ authorizer });
    const expression =
      "authorizer.serviceAccount('n', 'a').path('/x').check('get').allowed() && !authorizer.path('/x').check('get').allowed()";
    await validating({ validations: [{ expression }] }, {}, server);
    await create("x", {}, server);
  });

  test("uses variables, each worked out when it is needed", async () => {
    await validating({
      variables: [
        { name: "size", expression: "size(object.data)" },
        { name: "double", expression: "variables.size * 2" },
        { name: "broken", expression: "object.nope.x" },
      ],
      validations: [{ expression: "variables.double == 2" }],
    });
    await create("x", { data: { a: "1" } });
    await expect(create("y", { data: { a: "1", b: "2" } })).rejects.toThrow("denied request");
  });

  test("fails closed, or open where it says so", async () => {
    await validating({ validations: [{ expression: "object.nope == 1" }] });
    await expect(create("x")).rejects.toThrow(
      "expression 'object.nope == 1' resulted in error: no such key: nope",
    );
    await api.patch(`${registration}/validatingadmissionpolicies/p`, {
      spec: { failurePolicy: "Ignore" },
    });
    await create("x");
  });

  test("is stopped when it costs too much", async () => {
    const list = "[1,2,3,4,5,6,7,8,9,10]";
    const expression = "abcdef"
      .split("")
      .reduceRight((inner, x) => `${list}.all(${x}, ${inner})`, "true");
    await validating({ validations: [{ expression }] });
    await expect(create("x")).rejects.toThrow("cost");
  });

  test("warns instead of refusing where its binding says so", async () => {
    await validating({ validations: [{ expression: "false" }] }, { validationActions: ["Warn"] });
    await create("x");
    expect(api.warnings[0]).toContain(
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': failed expression: false",
    );
  });

  test.each([
    ["match conditions", { matchConditions: [{ name: "m", expression: "false" }] }, {}],
    [
      "excluded rules",
      { matchConstraints: { resourceRules: [rule], excludeResourceRules: [rule] } },
      {},
    ],
    [
      "a binding's selector",
      {},
      { matchResources: { namespaceSelector: { matchLabels: { a: "b" } } } },
    ],
    [
      "resource names",
      { matchConstraints: { resourceRules: [{ ...rule, resourceNames: ["y"] }] } },
      {},
    ],
  ])("does not apply because of %s", async (_what, spec, binding) => {
    await validating({ validations: [{ expression: "false" }], ...spec }, binding);
    await create("x");
  });

  test("is evaluated with each of its parameters", async () => {
    const labels = { limit: "1" };
    await create("limit-a", { metadata: { name: "limit-a", labels }, data: { max: "2" } });
    await create("limit-b", { metadata: { name: "limit-b", labels }, data: { max: "1" } });
    await validating(
      {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        validations: [{ expression: "size(object.data) <= int(params.data.max)" }],
      },
      { paramRef: { selector: { matchLabels: labels }, parameterNotFoundAction: "Deny" } },
    );
    await create("x", { data: { a: "1" } });
    await expect(create("y", { data: { a: "1", b: "2" } })).rejects.toThrow("denied request");
  });

  test("without the parameters that it needs refuses", async () => {
    await validating(
      {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        validations: [{ expression: "true" }],
      },
      { paramRef: { name: "absent", parameterNotFoundAction: "Deny" } },
    );
    await expect(create("x")).rejects.toThrow("failed to configure binding: no params found");
  });

  test("that is changed is asked in its new form", async () => {
    await validating({ validations: [{ expression: "false" }] });
    await expect(create("x")).rejects.toThrow("denied");
    const spec = { validations: [{ expression: "true" }] };
    await api.patch(`${registration}/validatingadmissionpolicies/p`, { spec });
    await create("x");
    await api.send("DELETE", `${registration}/validatingadmissionpolicybindings/b`);
    await create("y");
  });
});

describe("a mutating policy", () => {
  const apply = (expression: string) => ({
    mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
  });
  const patch = (expression: string) => ({
    mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
  });

  test("describes fields", async () => {
    await mutating(apply("Object{metadata: Object.metadata{labels: {'a': object.metadata.name}}}"));
    const made = await create("x", { metadata: { name: "x", labels: { b: "c" } } });
    expect(made.metadata.labels).toEqual({ a: "x", b: "c" });
  });

  test("merges lists by their keys, and defaults are applied to what is new", async () => {
    await mutating(
      apply(
        "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', env: [Object.spec.containers.env{name: 'A', value: '1'}]}], initContainers: [Object.spec.initContainers{name: 'i', image: 'b'}]}}",
      ),
    );
    const pod = await api.post<Pod>("/api/v1/namespaces/n/pods", podManifest("p"));
    expect(pod.spec.containers).toMatchObject([{ name: "c", image: "a", env: [{ name: "A" }] }]);
    expect(pod.spec.initContainers).toMatchObject([{ image: "b", imagePullPolicy: "Always" }]);
  });

  test("patches", async () => {
    await mutating(
      patch(
        "[JSONPatch{op: 'test', path: '/metadata/name', value: 'x'}, JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a/b': '1'}}, JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('c/d'), value: string(size(object.data))}]",
      ),
    );
    const made = await create("x", { data: { k: "v" } });
    expect(made.metadata.annotations).toEqual({ "a/b": "1", "c/d": "1" });
    await expect(create("y", { data: {} })).rejects.toMatchObject({ code: 422 });
  });

  test.each([
    ["Object{spec: Object.nope{}}", "unexpected type name"],
    ["Object{nope: 1}", "field not declared in schema"],
    [
      "Object{metadata: Object.metadata{ownerReferences: [Object.metadata.ownerReferences{name: object.nope}]}}",
      "no such key: nope",
    ],
  ])("%s is refused: %s", async (expression, message) => {
    await mutating(apply(expression));
    const made = create("x");
    await expect(made).rejects.toThrow(
      "MutatingAdmissionPolicy 'p' with binding 'p' denied request",
    );
    await expect(made).rejects.toThrow(message);
  });

  test("sees what the mutations before it have made", async () => {
    const add = (key: string, value: string) => ({
      patchType: "ApplyConfiguration",
      applyConfiguration: { expression: `Object{data: {'${key}': ${value}}}` },
    });
    await mutating({ mutations: [add("a", "'1'"), add("b", "object.data.a + '2'")] });
    expect((await create("x")).data).toEqual({ a: "1", b: "12" });
  });

  test("is asked again when a later one has changed the object, if it wants to be", async () => {
    const first =
      "has(object.data) && 'b' in object.data ? Object{data: {'a': 'saw b'}} : Object{}";
    await mutating({ ...apply(first), reinvocationPolicy: "IfNeeded" }, "a");
    await mutating(apply("Object{data: {'b': '1'}}"), "b");
    expect((await create("x")).data).toEqual({ a: "saw b", b: "1" });
  });
});
