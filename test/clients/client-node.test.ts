import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  type KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
  type V1ConfigMap,
  type V1Deployment,
  Watch,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "#cluster/index.ts";
import { eventually } from "#testkit/machine.ts";
import { kubeconfigFile } from "./kubeconfig-file.ts";

/**
 * The official JavaScript client against a cluster that it reaches as it would any other. Hollow
 * nodes serve neither logs nor exec: those are tested with real nodes, in test/e2e.
 */

const scope = new AsyncDisposableStack();
const config = new KubeConfig();
let cluster: Cluster;
let core: CoreV1Api;
let apps: AppsV1Api;
const namespace = "default";

beforeAll(async () => {
  cluster = scope.use(await startCluster({ nodes: 2, listen: true }));
  const file = scope.use(await kubeconfigFile(await cluster.kubeconfig()));
  config.loadFromFile(file.path);
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
});
afterAll(() => scope.disposeAsync());

const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name, labels: { test: "client-node" } },
  data,
});

test("asks for the version and lists nodes", async () => {
  const version = await config.makeApiClient(VersionApi).getCode();
  expect(version).toMatchObject({ major: "1", minor: expect.stringMatching(/^36/) });
  const { items } = await core.listNode();
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(["node-1", "node-2"]);
  expect(items[0]?.metadata?.creationTimestamp).toBeInstanceOf(Date);
});

test("creates, reads, replaces and deletes", async () => {
  const name = "life";
  const made = await core.createNamespacedConfigMap({
    namespace,
    body: configMap(name, { a: "1" }),
  });
  expect(made.metadata?.uid).toBeTruthy();
  const read = await core.readNamespacedConfigMap({ namespace, name });
  expect(read).toEqual(made);
  const body = { ...read, data: { a: "2" } };
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name, body });
  expect(replaced.data).toEqual({ a: "2" });
  await expect(core.replaceNamespacedConfigMap({ namespace, name, body })).rejects.toMatchObject({
    code: 409,
  });
  await core.deleteNamespacedConfigMap({ namespace, name });
  const gone = core.readNamespacedConfigMap({ namespace, name });
  await expect(gone).rejects.toBeInstanceOf(ApiException);
  await expect(gone).rejects.toMatchObject({ code: 404 });
});

test("lists by label, page by page", async () => {
  for (const name of ["page-1", "page-2", "page-3"]) {
    const body = { ...configMap(name), metadata: { name, labels: { pages: "yes" } } };
    await core.createNamespacedConfigMap({ namespace, body });
  }
  const asked = { namespace, labelSelector: "pages=yes", limit: 2 };
  const first = await core.listNamespacedConfigMap(asked);
  expect(first.items).toHaveLength(2);
  const rest = await core.listNamespacedConfigMap({
    ...asked,
    _continue: first.metadata?._continue ?? "",
  });
  expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(["page-3"]);
});

test("patches in every way that the API knows", async () => {
  const name = "patched";
  await core.createNamespacedConfigMap({ namespace, body: configMap(name, { a: "1", b: "1" }) });
  const patch = async (
    body: object,
    strategy: (typeof PatchStrategy)[keyof typeof PatchStrategy],
  ) =>
    core.patchNamespacedConfigMap(
      { namespace, name, body, fieldManager: "client-node" },
      setHeaderOptions("Content-Type", strategy),
    );
  const json = [{ op: "replace", path: "/data/a", value: "2" }];
  expect((await patch(json, PatchStrategy.JsonPatch)).data).toEqual({ a: "2", b: "1" });
  const merged = await patch({ data: { b: null, c: "3" } }, PatchStrategy.MergePatch);
  expect(merged.data).toEqual({ a: "2", c: "3" });
  const strategic = await patch({ data: { d: "4" } }, PatchStrategy.StrategicMergePatch);
  expect(strategic.data).toEqual({ a: "2", c: "3", d: "4" });
});

test("applies on the server, and conflicts with other managers until it forces", async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const spec = (value: string): KubernetesObject & { data: object } => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "applied", namespace },
    data: { a: value },
  });
  const apply = (value: string, manager: string, force = false) =>
    objects.patch(spec(value), undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
  const made = await apply("1", "ann");
  expect(made.metadata?.managedFields?.[0]).toMatchObject({ manager: "ann", operation: "Apply" });
  await expect(apply("2", "bob")).rejects.toMatchObject({ code: 409 });
  expect(await apply("2", "bob", true)).toMatchObject({ data: { a: "2" } });
});

test("a watch tells what happens, in order", async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace });
  const events: string[] = [];
  const ended = Promise.withResolvers<unknown>();
  const request = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: metadata?.resourceVersion, fieldSelector: "metadata.name=watched" },
    (type, object: V1ConfigMap) => void events.push(`${type} ${object.data?.["a"]}`),
    (error) => ended.resolve(error),
  );
  await core.createNamespacedConfigMap({ namespace, body: configMap("watched", { a: "1" }) });
  const body = configMap("watched", { a: "2" });
  await core.replaceNamespacedConfigMap({ namespace, name: "watched", body });
  await core.deleteNamespacedConfigMap({ namespace, name: "watched" });
  await eventually(() => events.length === 3);
  expect(events).toEqual(["ADDED 1", "MODIFIED 2", "DELETED 2"]);
  request.abort();
  await ended.promise;
});

test("an informer follows a Deployment until its pods run", async () => {
  const labels = { app: "web" };
  const containers = [{ name: "web", image: "nginx" }];
  const body: V1Deployment = {
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
  const informer = makeInformer(config, `/apis/apps/v1/namespaces/${namespace}/deployments`, () =>
    apps.listNamespacedDeployment({ namespace }),
  );
  await informer.start();
  await apps.createNamespacedDeployment({ namespace, body });
  await eventually(() => informer.get("web", namespace)?.status?.readyReplicas === 3);
  const scale = await apps.readNamespacedDeploymentScale({ namespace, name: "web" });
  expect(scale.spec?.replicas).toBe(3);
  const pods = await core.listNamespacedPod({ namespace, labelSelector: "app=web" });
  expect(new Set(pods.items.map(({ status }) => status?.phase))).toEqual(new Set(["Running"]));
  await informer.stop();
  await apps.deleteNamespacedDeployment({ namespace, name: "web" });
  await eventually(async () => {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: "app=web" });
    return items.length === 0;
  });
});
