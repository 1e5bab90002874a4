import { beforeEach, describe, expect, test } from "vitest";
import type { ResourceQuota } from "#apis/core/resource-quota.ts";
import { AdmissionServer, podManifest } from "#testkit/admission-server.ts";

let api: AdmissionServer;

beforeEach(async () => {
  api = await AdmissionServer.start();
  return () => api[Symbol.asyncDispose]();
});

const core = "/api/v1/namespaces/n";

async function quota(hard: Record<string, string>, spec: object = {}): Promise<void> {
  await api.post(`${core}/resourcequotas`, { metadata: { name: "q" }, spec: { hard, ...spec } });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, "0"]));
  await api.patch(`${core}/resourcequotas/q/status`, { status: { hard, used } });
}

const used = async () => (await api.get<ResourceQuota>(`${core}/resourcequotas/q`)).status?.used;

const cpuPod = (name: string, cpu: string, more: object = {}) =>
  api.post(
    `${core}/pods`,
    podManifest(name, {
      containers: [{ name: "c", image: "a", resources: { requests: { cpu }, limits: { cpu } } }],
      ...more,
    }),
  );

test("what is written is charged, and what exceeds is told with its numbers", async () => {
  await quota({ "requests.cpu": "1", pods: "5" });
  await cpuPod("a", "600m");
  expect(await used()).toEqual({ "requests.cpu": "600m", pods: "1" });
  await expect(cpuPod("b", "500m")).rejects.toMatchObject({
    code: 403,
    message:
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  });
  expect(await used()).toEqual({ "requests.cpu": "600m", pods: "1" });
});

test("concurrent writers together never get more than there is", async () => {
  await quota({ configmaps: "10" });
  const writes = Array.from({ length: 40 }, (_, i) =>
    api.post(`${core}/configmaps`, { metadata: { name: `c${i}` } }),
  );
  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  expect(await used()).toEqual({ configmaps: "10" });
});

test("a dry run is checked but not charged", async () => {
  await quota({ configmaps: "1" });
  const write = (name: string, query = "") =>
    api.post(`${core}/configmaps${query}`, { metadata: { name } });
  await write("a", "?dryRun=All");
  expect(await used()).toEqual({ configmaps: "0" });
  await write("a");
  await expect(write("b", "?dryRun=All")).rejects.toThrow("exceeded quota");
});

test("a quota on cpu makes containers say what they need", async () => {
  await quota({ "limits.cpu": "1", "requests.memory": "1Gi" });
  const made = api.post(`${core}/pods`, podManifest("p"));
  await expect(made).rejects.toThrow(
    "failed quota: q: must specify limits.cpu for: c; requests.memory for: c",
  );
});

test("a quota whose usage nobody has counted yet lets nothing in", async () => {
  const hard = { configmaps: "1" };
  await api.post(`${core}/resourcequotas`, { metadata: { name: "q" }, spec: { hard } });
  await api.patch(`${core}/resourcequotas/q/status`, { status: { hard } });
  const made = api.post(`${core}/configmaps`, { metadata: { name: "a" } });
  await expect(made).rejects.toThrow("status unknown for quota: q, resources: configmaps");
});

describe("services", () => {
  const service = (name: string, spec: object) =>
    api.post(`${core}/services`, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

  test("count their node ports and load balancers, also when they change", async () => {
    await quota({ services: "5", "services.nodeports": "1", "services.loadbalancers": "0" });
    await service("a", { clusterIP: "None" });
    await expect(service("b", { type: "LoadBalancer" })).rejects.toThrow(
      "requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0",
    );
    expect(await used()).toMatchObject({ services: "1", "services.nodeports": "0" });
  });
});

test.each([
  ["Terminating", { activeDeadlineSeconds: 5 }, {}],
  [
    "BestEffort",
    {},
    { containers: [{ name: "c", image: "a", resources: { limits: { cpu: "1" } } }] },
  ],
  [
    "NotBestEffort",
    { containers: [{ name: "c", image: "a", resources: { limits: { cpu: "1" } } }] },
    {},
  ],
])("scope %s", async (scope, inside, outside) => {
  await quota({ pods: "0" }, { scopes: [scope] });
  const pod = (name: string, spec: object) => api.post(`${core}/pods`, podManifest(name, spec));
  await expect(pod("in", inside)).rejects.toThrow("exceeded quota");
  await pod("out", outside);
});
