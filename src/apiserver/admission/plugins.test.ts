import { beforeEach, describe, expect, test } from "vitest";
import type { Ingress } from "#apis/networking/ingress.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import { AdmissionServer, podManifest } from "#testkit/admission-server.ts";
import { admissionPluginErrors, admissionPluginNames } from "./plugins.ts";

let api: AdmissionServer;

beforeEach(async () => {
  api = await AdmissionServer.start();
  return () => api[Symbol.asyncDispose]();
});

const pods = "/api/v1/namespaces/n/pods";
const core = "/api/v1/namespaces/n";

async function started(...enable: string[]): Promise<AdmissionServer> {
  return AdmissionServer.start({ enable });
}

test("the lists of plug-ins to switch on and off have to make sense", () => {
  expect(admissionPluginErrors(["AlwaysDeny"], ["Priority"])).toEqual([]);
  expect(admissionPluginErrors(["Nope"], ["Priority"])).toEqual([
    'enable-admission-plugins plugin "Nope" is unknown',
  ]);
  expect(admissionPluginErrors(["Priority"], ["Priority"])).toEqual([
    "Priority in enable-admission-plugins and disable-admission-plugins overlapped",
  ]);
  const last = admissionPluginNames.slice(-6);
  expect(last).toEqual([
    "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
    "AlwaysDeny",
  ]);
});

describe("LimitRanger", () => {
  async function limits(...items: object[]): Promise<void> {
    await api.post(`${core}/limitranges`, { metadata: { name: "l" }, spec: { limits: items } });
  }

  test("fills in what containers do not say, and notes it", async () => {
    const defaults = { default: { cpu: "2" }, defaultRequest: { cpu: "1", memory: "1Mi" } };
    await limits({ type: "Container", ...defaults });
    const pod = await api.post<Pod>(pods, podManifest("p"));
    expect(pod.spec.containers[0]?.resources).toEqual({
      limits: { cpu: "2" },
      requests: { cpu: "1", memory: "1Mi" },
    });
    expect(pod.metadata.annotations?.["kubernetes.io/limit-ranger"]).toBe(
      "LimitRanger plugin set: cpu, memory request for container c; cpu limit for container c",
    );
  });

  test.each([
    ["Container", { min: { cpu: "1" } }, { requests: { cpu: "500m" } }, "minimum cpu usage per Container is 1, but request is 500m"],
    ["Pod", { max: { cpu: "1" } }, {}, "maximum cpu usage per Pod is 1. No limit is specified"],
    ["Pod", { min: { cpu: "1" } }, {}, "minimum cpu usage per Pod is 1. No request is specified"],
    ["Container", { max: { cpu: "1" } }, { limits: { cpu: "2" } }, "maximum cpu usage per Container is 1, but limit is 2"],
    ["Container", { maxLimitRequestRatio: { cpu: "2" } }, { requests: { cpu: "1" }, limits: { cpu: "3" } }, "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000"],
    ["Pod", { max: { memory: "1Gi" } }, { limits: { memory: "2Gi" } }, "maximum memory usage per Pod is 1Gi, but limit is 2Gi"],
  ])("%s %o refuses %o", async (type, limit, resources, message) => {
    await limits({ type, ...limit });
    const spec = { containers: [{ name: "c", image: "a", resources }] };
    const refused = api.post(pods, podManifest("p", spec));
    await expect(refused).rejects.toMatchObject({ code: 403, message: expect.stringContaining(message) });
  }); // prettier-ignore
});

describe("classes", () => {
  test("the newest default StorageClass is chosen, unless a claim says something", async () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    for (const name of ["b", "a"]) {
      await api.post("/apis/storage.k8s.io/v1/storageclasses", {
        metadata: { name, annotations },
        provisioner: "p",
      });
    }
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const claim = (name: string, more: object = {}) =>
      api.post<PersistentVolumeClaim>(`${core}/persistentvolumeclaims`, {
        metadata: { name },
        spec: { ...spec, ...more },
      });
    const made = await claim("x");
    expect(made.spec.storageClassName).toMatch(/^[ab]$/);
    expect(made.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    expect((await claim("y", { storageClassName: "" })).spec.storageClassName).toBe("");
  });

  test("an Ingress gets the default class", async () => {
    const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
    await api.post("/apis/networking.k8s.io/v1/ingressclasses", {
      metadata: { name: "c", annotations },
      spec: { controller: "example.com/c" },
    });
    const spec = { defaultBackend: { service: { name: "s", port: { number: 80 } } } };
    const path = "/apis/networking.k8s.io/v1/namespaces/n/ingresses";
    const made = await api.post<Ingress>(path, { metadata: { name: "i" }, spec });
    expect(made.spec?.ingressClassName).toBe("c");
  });
});

describe("plug-ins that are off by default", () => {
  test("AlwaysPullImages", async () => {
    await using server = await started("AlwaysPullImages");
    const container = { name: "c", image: "a", imagePullPolicy: "Never" };
    const pod = await server.post<Pod>(pods, podManifest("p", { containers: [container] }));
    expect(pod.spec.containers[0]?.imagePullPolicy).toBe("Always");
  });

  test("AlwaysDeny", async () => {
    await expect(started("AlwaysDeny")).rejects.toThrow(
      "admission control is denying all modifications",
    );
  });

  test("NamespaceAutoProvision", async () => {
    await using server = await started("NamespaceAutoProvision");
    await server.post("/api/v1/namespaces/new/configmaps", { metadata: { name: "x" } });
    expect(await server.get("/api/v1/namespaces/new")).toMatchObject({ kind: "Namespace" });
  });

  test("ExtendedResourceToleration", async () => {
    await using server = await started("ExtendedResourceToleration");
    const resources = { limits: { "example.com/gpu": "1" }, requests: { "example.com/gpu": "1" } };
    const spec = { containers: [{ name: "c", image: "a", resources }] };
    const pod = await server.post<Pod>(pods, podManifest("p", spec));
    const toleration = { key: "example.com/gpu", operator: "Exists", effect: "NoSchedule" };
    expect(pod.spec.tolerations).toContainEqual(toleration);
  });

  test("PodTolerationRestriction", async () => {
    await using server = await started("PodTolerationRestriction");
    const prefix = "scheduler.alpha.kubernetes.io";
    const annotations = {
      [`${prefix}/defaultTolerations`]: '[{"key":"a","operator":"Exists"}]',
      [`${prefix}/tolerationsWhitelist`]:
        '[{"key":"a","operator":"Exists"},{"key":"node.kubernetes.io/not-ready","operator":"Exists"},{"key":"node.kubernetes.io/unreachable","operator":"Exists"}]',
    };
    await server.patch("/api/v1/namespaces/n", { metadata: { annotations } });
    const pod = await server.post<Pod>(pods, podManifest("p"));
    expect(pod.spec.tolerations).toContainEqual({ key: "a", operator: "Exists" });
    const tolerations = [{ key: "b", operator: "Exists" }];
    const refused = server.post(pods, podManifest("q", { tolerations }));
    await expect(refused).rejects.toThrow("conflict with its namespace whitelist");
  });

  test("DenyServiceExternalIPs", async () => {
    await using server = await started("DenyServiceExternalIPs");
    const service = (externalIPs: string[]) => ({
      metadata: { name: "s" },
      spec: { ports: [{ port: 80 }], externalIPs, clusterIP: "None" },
    });
    await expect(server.post(`${core}/services`, service(["192.0.2.1"]))).rejects.toThrow(
      "Use of external IPs is denied by admission control.",
    );
    await server.post(`${core}/services`, service([]));
  });

  test("EventRateLimit", async () => {
    const eventLimits = [{ type: "Namespace", qps: 0.001, burst: 2 } as const];
    await using server = await AdmissionServer.start({ enable: ["EventRateLimit"], eventLimits });
    const event = (name: string) =>
      server.post(`${core}/events`, { metadata: { name }, involvedObject: { namespace: "n" } });
    await event("a");
    await event("b");
    await expect(event("c")).rejects.toMatchObject({
      code: 429,
      message: expect.stringContaining("limit reached on type Namespace for key n"),
    });
  });

  test("OwnerReferencesPermissionEnforcement", async () => {
    const authorizer: Authorizer = {
      name: "test",
      authorize: ({ verb }) => ({ decision: verb === "delete" ? "deny" : "allow", reason: "no" }),
    };
    const enable = ["OwnerReferencesPermissionEnforcement"];
    await using server = await AdmissionServer.start({ enable, authorizer });
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };
    const made = server.post(`${core}/configmaps`, {
      metadata: { name: "x", ownerReferences: [owner] },
    });
    await expect(made).rejects.toThrow("cannot set an ownerRef on a resource you can't delete: no");
  });
});

describe("NodeRestriction", () => {
  const kubelet = { name: "system:node:a", groups: ["system:nodes"] };
  const mirror = { "kubernetes.io/config.mirror": "x" };

  test.each([
    ["no mirror pod", {}, {}, "can only create mirror pods"],
    ["another node", { annotations: mirror }, { nodeName: "b" }, "spec.nodeName set to itself"],
    [
      "a secret",
      { annotations: mirror },
      { nodeName: "a", volumes: [{ name: "v", secret: { secretName: "s" } }] },
      "can not create pods that reference secrets",
    ],
    [
      "an owner that is no node",
      {
        annotations: mirror,
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "u" }],
      },
      { nodeName: "a" },
      "can only create pods with an owner reference set to itself",
    ],
  ])("a kubelet's pod with %s is refused", async (_what, metadata, spec, message) => {
    const made = api.post(pods, podManifest("p", spec, metadata), kubelet);
    await expect(made).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining(message),
    });
  });

  test("a kubelet registers its own node, without the labels that say what nodes are for", async () => {
    const node = (name: string, labels: object = {}) =>
      api.post("/api/v1/nodes", { metadata: { name, labels } }, kubelet);
    await expect(node("b")).rejects.toThrow('not allowed to modify node "b"');
    await expect(node("a", { "node-restriction.kubernetes.io/x": "1" })).rejects.toThrow(
      "is not allowed to set the following labels",
    );
    await node("a", { "kubernetes.io/hostname": "a" });
  });
});
