import { expect, test } from "vitest";
import { decode } from "#machinery/schema/decode.ts";
import { limitRanges } from "./core/limit-range.ts";
import { type Pod, pods } from "./core/pod.ts";
import { secrets } from "./core/secret.ts";
import { services } from "./core/service.ts";
import { pullPolicyFor } from "./core/image-defaults.ts";
import { deployments } from "./apps/deployment.ts";
import { jobs } from "./batch/job.ts";
import { defaulterFor } from "./defaults.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";

function defaulted<T extends KubeObject>(resource: Resource<T>, value: object): T {
  const object = decode(resource.schema, {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name: "x" },
    ...value,
  });
  defaulterFor(resource.gvk)?.(object);
  return object;
}

const template = {
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};

test("a minimal pod is completed", () => {
  const { spec } = defaulted(pods, { spec: { containers: [{ name: "c", image: "i:1" }] } });
  expect(spec).toEqual({
    containers: [
      {
        name: "c",
        image: "i:1",
        resources: {},
        imagePullPolicy: "IfNotPresent",
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      },
    ],
    dnsPolicy: "ClusterFirst",
    enableServiceLinks: true,
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
});

test("a pod without containers survives defaulting, so that validation can speak", () => {
  expect(defaulted(pods, { spec: {} }).spec.containers).toBeNull();
  expect(defaulted<Pod>(pods, {}).spec.containers).toBeNull();
});

test.each([
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1", "IfNotPresent"],
  ["reg:5000/nginx", "Always"],
  ["reg:5000/nginx:1", "IfNotPresent"],
  ["nginx@sha256:0123", "IfNotPresent"],
  ["", "IfNotPresent"],
])("image %j is pulled %s", (image, policy) => expect(pullPolicyFor(image)).toBe(policy));

test("requests follow limits; ports of the host's network are the host's", () => {
  const { spec } = defaulted(pods, {
    spec: {
      hostNetwork: true,
      containers: [
        {
          name: "c",
          resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "0.1" } },
          ports: [{ containerPort: 80 }],
        },
      ],
    },
  });
  expect(spec.containers[0]?.resources.requests).toEqual({ cpu: "100m", memory: "1Gi" });
  expect(spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: "TCP" }]);
});

test("resources are rounded up to thousandths", () => {
  const { spec } = defaulted(pods, {
    spec: { containers: [{ name: "c", resources: { limits: { cpu: "100u" } } }] },
  });
  expect(spec.containers[0]?.resources.limits).toEqual({ cpu: "1m" });
});

test("a service's target port is its port", () => {
  const { spec } = defaulted(services, { spec: { ports: [{ port: 80 }] } });
  expect(spec).toEqual({
    ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    internalTrafficPolicy: "Cluster",
    sessionAffinity: "None",
    type: "ClusterIP",
  });
});

test("plain text in a secret becomes data", () => {
  const secret = defaulted(secrets, { stringData: { a: "b" }, data: { a: "eA==", c: "eA==" } });
  expect(secret.data).toEqual({ a: "Yg==", c: "eA==" });
  expect(secret).not.toHaveProperty("stringData");
});

test("workloads", () => {
  expect(defaulted(deployments, { spec: { template } }).spec).toMatchObject({
    replicas: 1,
    strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" }, type: "RollingUpdate" },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: { spec: { restartPolicy: "Always" } },
  });
  expect(defaulted(jobs, { spec: { template } })).toMatchObject({
    metadata: { labels: { a: "b" } },
    spec: { completions: 1, parallelism: 1, backoffLimit: 6, suspend: false },
  });
  expect(defaulted(jobs, { spec: { parallelism: 2, template } }).spec.completions).toBeUndefined();
});

test("a limit range's defaults follow from each other", () => {
  const limits = [{ type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" } }];
  expect(defaulted(limitRanges, { spec: { limits } }).spec.limits?.[0]).toMatchObject({
    default: { cpu: "2" },
    defaultRequest: { cpu: "2", memory: "1Mi" },
  });
});
