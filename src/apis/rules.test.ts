import { expect, test } from "vitest";
import { systemChance } from "#base/chance.ts";
import type { FieldError } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { decode } from "#machinery/schema/decode.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import { createErrors, updateErrors } from "#machinery/validation/object.ts";
import { allResources } from "./all.ts";
import { defaulterFor } from "./defaults.ts";
import { strategyFor } from "./strategies.ts";

/** What each kind refuses, as a table: what is wrong, with which object, and where that is told. */

const context: StrategyContext = {
  clock: { now: () => Date.parse("2026-01-01T00:00:00Z") },
  chance: systemChance,
  user: { name: "u", groups: [] },
  dryRun: false,
  allowPrivileged: true,
};

function resourceOf(plural: string): Resource {
  const found = allResources.find((resource) => resource.plural === plural);
  if (!found) throw new Error(`no resource ${plural}`);
  return found;
}

function made(resource: Resource, value: object): KubeObject {
  const metadata = {
    name: "x",
    uid: "11111111-2222-3333-4444-555555555555",
    resourceVersion: "1",
    ...(resource.namespaced ? { namespace: "n" } : {}),
  };
  const { metadata: more, ...rest } = value as { metadata?: object };
  const object = decode(resource.schema, { metadata: { ...metadata, ...more }, ...rest });
  defaulterFor(resource.gvk)?.(object);
  return object;
}

const causes = (errors: readonly FieldError[]) =>
  [
    ...new Set(errors.map(({ field, type }) => `${type.replace("FieldValue", "")} ${field}`)),
  ].toSorted();

function created(plural: string, value: object): { object: KubeObject; errors: string[] } {
  const resource = resourceOf(plural);
  const strategy = strategyFor(resource);
  const object = made(resource, value);
  strategy.prepareForCreate?.(object, context);
  return { object, errors: causes(createErrors(strategy, resource, object, context)) };
}

function updated(plural: string, value: object, next: object): string[] {
  const resource = resourceOf(plural);
  const strategy = strategyFor(resource);
  const { object: old } = created(plural, value);
  const object = made(resource, next);
  strategy.prepareForUpdate?.(object, old, context);
  return causes(updateErrors(strategy, object, old, context));
}

const container = { name: "c", image: "i" };
const pod = (spec: object, metadata: object = {}) => ({
  metadata,
  spec: { containers: [container], ...spec },
});
const withContainer = (more: object) => pod({ containers: [{ ...container, ...more }] });
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [container] } };
const selector = { matchLabels: { a: "b" } };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const port = { port: 80 };
const metrics = (target: object) => [{ type: "Resource", resource: { name: "cpu", target } }];
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
const hook = {
  name: "a.b.c",
  clientConfig: { url: "https://a/b" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const onConfigMaps = {
  resourceRules: [
    { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] },
  ],
};

test.each<[plural: string, value: object, errors: string[]]>([
  ["pods", pod({}), []],
  ["pods", { spec: {} }, ["Required spec.containers"]],
  ["pods", pod({ restartPolicy: "Maybe" }), ["NotSupported spec.restartPolicy"]],
  ["pods", withContainer({ name: "A" }), ["Invalid spec.containers[0].name"]],
  ["pods", withContainer({ image: "" }), ["Required spec.containers[0].image"]],
  ["pods", pod({ containers: [container, container] }), ["Duplicate spec.containers[1].name"]],
  [
    "pods",
    withContainer({ env: [{ name: "A", value: "x", valueFrom: {} }] }),
    ["Invalid spec.containers[0].env[0].valueFrom"],
  ],
  [
    "pods",
    withContainer({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
    ["Invalid spec.containers[0].resources.requests"],
  ],
  [
    "pods",
    withContainer({ ports: [{ containerPort: 0 }] }),
    ["Required spec.containers[0].ports[0].containerPort"],
  ],
  [
    "pods",
    withContainer({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
    ["NotFound spec.containers[0].volumeMounts[0].name"],
  ],
  [
    "pods",
    withContainer({ livenessProbe: { periodSeconds: -1 } }),
    [
      "Invalid spec.containers[0].livenessProbe.periodSeconds",
      "Required spec.containers[0].livenessProbe",
    ],
  ],
  ["pods", pod({ volumes: [{ name: "v" }, { name: "v" }] }), ["Duplicate spec.volumes[1].name"]],
  [
    "pods",
    pod({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/" } }] }),
    ["Forbidden spec.volumes[0].hostPath"],
  ],
  [
    "pods",
    pod({ tolerations: [{ operator: "Exists", value: "x" }] }),
    ["Invalid spec.tolerations[0].operator"],
  ],
  ["pods", pod({ hostname: "A" }), ["Invalid spec.hostname"]],
  ["pods", pod({ dnsPolicy: "None" }), ["Required spec.dnsConfig"]],
  ["services", { spec: { ports: [port] } }, []],
  ["services", { spec: {} }, ["Required spec.ports"]],
  [
    "services",
    { spec: { ports: [{ port: 0 }] } },
    ["Invalid spec.ports[0].port", "Invalid spec.ports[0].targetPort"],
  ],
  [
    "services",
    { spec: { ports: [port, { port: 81 }] } },
    ["Required spec.ports[0].name", "Required spec.ports[1].name"],
  ],
  ["services", { spec: { type: "ExternalName" } }, ["Required spec.externalName"]],
  ["configmaps", { data: { "a b": "c" } }, ["Invalid data[a b]"]],
  ["configmaps", { data: { a: "c" }, binaryData: { a: "Yw==" } }, ["Invalid data[a]"]],
  ["secrets", { type: "kubernetes.io/tls" }, ["Required data[tls.crt]", "Required data[tls.key]"]],
  ["namespaces", { metadata: { name: "a.b" } }, ["Invalid metadata.name"]],
  ["persistentvolumeclaims", { spec: claim }, []],
  [
    "persistentvolumeclaims",
    { spec: { ...claim, accessModes: ["Sometimes"] } },
    ["NotSupported spec.accessModes"],
  ],
  [
    "persistentvolumes",
    { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] } },
    ["Required spec"],
  ],
  [
    "limitranges",
    { spec: { limits: [{ type: "Pod" }, { type: "Pod" }] } },
    ["Duplicate spec.limits[1].type"],
  ],
  ["resourcequotas", { spec: { hard: { pods: "0.5" } } }, ["Invalid spec.hard[pods]"]],
  ["deployments", { spec: { selector, template } }, []],
  [
    "deployments",
    { spec: { selector: { matchLabels: { a: "c" } }, template } },
    ["Invalid spec.template.metadata.labels"],
  ],
  ["deployments", { spec: { selector, template, replicas: -1 } }, ["Invalid spec.replicas"]],
  [
    "deployments",
    {
      spec: {
        selector,
        template,
        strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
      },
    },
    ["Invalid spec.strategy.rollingUpdate.maxUnavailable"],
  ],
  ["replicasets", { spec: { selector: {}, template } }, ["Invalid spec.selector"]],
  ["jobs", { spec: { template } }, ["Required spec.template.spec.restartPolicy"]],
  [
    "cronjobs",
    {
      spec: {
        schedule: "a b c",
        jobTemplate: { spec: { template: pod({ restartPolicy: "Never" }) } },
      },
    },
    ["Invalid spec.schedule"],
  ],
  ["poddisruptionbudgets", { spec: { minAvailable: 1, maxUnavailable: 1 } }, ["Invalid spec"]],
  ["ingresses", { spec: { rules: [{ host: "1.2.3.4" }] } }, ["Invalid spec.rules[0].host"]],
  [
    "networkpolicies",
    { spec: { ingress: [{ from: [{}] }] } },
    ["Required spec.ingress[0].from[0]"],
  ],
  ["ingressclasses", { spec: { controller: "nodomain" } }, ["Invalid spec.controller"]],
  ["servicecidrs", { spec: { cidrs: ["10.0.0.1/8"] } }, ["Invalid spec.cidrs[0]"]],
  [
    "ipaddresses",
    { metadata: { name: "::0" }, spec: { parentRef: { resource: "r", name: "n" } } },
    ["Invalid metadata.name"],
  ],
  ["storageclasses", {}, ["Required provisioner"]],
  [
    "csidrivers",
    { spec: { tokenRequests: [{ audience: "" }, { audience: "" }] } },
    ["Duplicate spec.tokenRequests[1].audience"],
  ],
  ["priorityclasses", { metadata: { name: "system-x" }, value: 1 }, ["Forbidden metadata.name"]],
  ["runtimeclasses", { handler: "a.b" }, ["Invalid handler"]],
  ["leases", { spec: { leaseDurationSeconds: 0 } }, ["Invalid spec.leaseDurationSeconds"]],
  [
    "clusterroles",
    { rules: [{ verbs: [], resources: ["pods"] }] },
    ["Required rules[0].apiGroups", "Required rules[0].verbs"],
  ],
  ["validatingwebhookconfigurations", { webhooks: [hook] }, []],
  [
    "validatingwebhookconfigurations",
    { webhooks: [{ ...hook, name: "a", clientConfig: { url: "http://u@a/b?c#d" } }] },
    ["Invalid webhooks[0].clientConfig.url", "Invalid webhooks[0].name"],
  ],
  [
    "validatingadmissionpolicies",
    { spec: { matchConstraints: onConfigMaps, validations: [{ expression: "1" }] } },
    ["Invalid spec.validations[0].expression"],
  ],
  [
    "validatingadmissionpolicybindings",
    { spec: { policyName: "p", validationActions: ["Deny", "Warn"] } },
    ["Invalid spec.validationActions"],
  ],
  [
    "flowschemas",
    { spec: { priorityLevelConfiguration: { name: "" } } },
    ["Required spec.priorityLevelConfiguration.name"],
  ],
  ["prioritylevelconfigurations", { spec: { type: "Limited" } }, ["Required spec.limited"]],
  [
    "apiservices",
    { spec: { group: "g.x", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 } },
    ["Invalid metadata.name"],
  ],
  ["deviceclasses", { spec: { selectors: [{ cel: { expression: "device.driver == 'd'" } }] } }, []],
  ["deviceclasses", { spec: { selectors: [{}] } }, ["Required spec.selectors[0].cel"]],
  [
    "resourceclaims",
    { spec: { devices: { constraints: [{ requests: ["a"], matchAttribute: "d.x/a" }] } } },
    ["Invalid spec.devices.constraints[0].requests[0]"],
  ],
  [
    "certificatesigningrequests",
    { spec: { request: "eA==", signerName: "a.b/c", usages: ["any"] } },
    ["Invalid spec.request"],
  ],
])("%s: %j", (plural, value, errors) => {
  expect(created(plural, value).errors).toEqual(errors);
});

test.each<[plural: string, value: object, next: object, errors: string[]]>([
  ["pods", pod({}), withContainer({ image: "j" }), []],
  ["pods", pod({}), withContainer({ command: ["x"] }), ["Forbidden spec"]],
  [
    "pods",
    pod({ activeDeadlineSeconds: 5 }),
    pod({ activeDeadlineSeconds: 6 }),
    ["Invalid spec.activeDeadlineSeconds"],
  ],
  [
    "deployments",
    { spec: { selector, template } },
    { spec: { selector: {}, template } },
    ["Invalid spec.selector"],
  ],
  ["secrets", { type: "a" }, { type: "b" }, ["Invalid type"]],
  ["secrets", { immutable: true }, { immutable: true, data: { a: "eA==" } }, ["Forbidden data"]],
  [
    "persistentvolumeclaims",
    { spec: claim },
    { spec: { ...claim, accessModes: ["ReadOnlyMany"] } },
    ["Forbidden spec"],
  ],
  ["storageclasses", { provisioner: "a.b/c" }, { provisioner: "a.b/d" }, ["Invalid provisioner"]],
  ["priorityclasses", { value: 1 }, { value: 2 }, ["Forbidden value"]],
  [
    "ingressclasses",
    { spec: { controller: "a.b/c" } },
    { spec: { controller: "a.b/d" } },
    ["Invalid spec.controller"],
  ],
  [
    "rolebindings",
    { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" } },
    { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "b" } },
    ["Invalid roleRef"],
  ],
])("an update of %s from %j to %j", (plural, value, next, errors) => {
  expect(updated(plural, value, next)).toEqual(errors);
});

test("autoscalers of all versions are checked alike", () => {
  const v2 = {
    scaleTargetRef,
    maxReplicas: 3,
    metrics: metrics({ type: "Utilization", averageUtilization: 0 }),
  };
  const v1 = { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 0 };
  const place = "Invalid spec.metrics[0].resource.target.averageUtilization";
  for (const resource of allResources) {
    if (resource.plural !== "horizontalpodautoscalers") continue;
    const spec = resource.gvk.version === "v1" ? v1 : v2;
    const strategy = strategyFor(resource);
    const object = made(resource, { spec });
    expect(causes(createErrors(strategy, resource, object, context))).toEqual([place]);
  }
});

test("a claim says where its data comes from in both ways", () => {
  const dataSource = { kind: "PersistentVolumeClaim", name: "a" };
  const { object } = created("persistentvolumeclaims", { spec: { ...claim, dataSource } });
  expect(object).toMatchObject({ spec: { dataSource, dataSourceRef: dataSource } });
});

test("clients cannot create objects with a status", () => {
  const { object } = created("deployments", {
    spec: { selector, template },
    status: { replicas: 3 },
  });
  expect((object as { status?: object }).status).toEqual({});
});

test("everything that is stored has rules", () => {
  const plain = strategyFor({ group: "x", plural: "nothing" });
  const without = allResources.filter((resource) => strategyFor(resource) === plain);
  const plurals = without.map(({ plural }) => plural);
  expect(plurals.filter((plural) => !plural.endsWith("reviews"))).toEqual([
    "bindings",
    "componentstatuses",
  ]);
});
