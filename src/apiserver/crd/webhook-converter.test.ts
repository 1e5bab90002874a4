import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import { systemChance } from "#base/chance.ts";
import { createAuthority, issueCertificate } from "#machinery/certificates/x509.ts";
import type { KubeList, KubeObject } from "#machinery/meta.ts";
import { CustomServer, definition, until, widgetVersion } from "#testkit/custom-server.ts";

type Widget = KubeObject & { spec: Record<string, unknown> };
interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: Widget[] };
}

/** v1 has `hostPort`, v2 has `host` and `port`. */
function convert(object: Widget, apiVersion: string): Widget {
  const { hostPort = "", host, port } = object.spec as Record<string, string>;
  const [first, second] = hostPort.split(":");
  const isOld = apiVersion.endsWith("/v1");
  const spec = isOld ? { hostPort: `${host}:${port}` } : { host: first, port: second };
  return { ...object, apiVersion, spec };
}

const convertAll = ({ request }: Review): object => ({
  uid: request.uid,
  result: { status: "Success" },
  convertedObjects: request.objects.map((object) => convert(object, request.desiredAPIVersion)),
});

let https: Server;
let clientConfig: { url: string; caBundle: string };
let api: CustomServer;
let calls: { apiVersion: string; names: string[] }[];
let answer: (review: Review) => object;

beforeAll(async () => {
  const validity = { notBefore: new Date(0), notAfter: new Date("2100-01-01") };
  const authority = await createAuthority("test", validity, systemChance);
  const request = {
    commonName: "hook",
    dnsNames: [],
    addresses: ["127.0.0.1"],
    usages: ["server" as const],
    ...validity,
  };
  const { certificate, key } = await issueCertificate(authority, request, systemChance);
  https = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    let text = "";
    incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
    incoming.on("end", () => {
      const review = JSON.parse(text) as Review;
      const { desiredAPIVersion: apiVersion, objects } = review.request;
      calls.push({ apiVersion, names: objects.map(({ metadata }) => metadata.name) });
      outgoing.end(JSON.stringify({ ...review, request: undefined, response: answer(review) }));
    });
  });
  await new Promise<void>((resolve) => void https.listen(0, "127.0.0.1", resolve));
  clientConfig = {
    url: `https://127.0.0.1:${(https.address() as AddressInfo).port}/convert`,
    caBundle: Buffer.from(authority.certificate).toString("base64"),
  };
});

beforeEach(async () => {
  calls = [];
  answer = convertAll;
  api = await CustomServer.start();
  await api.define(crd("v1"));
});

afterEach(() => api[Symbol.asyncDispose]());
afterAll(() => https.closeAllConnections());
afterAll(() => void https.close());

function versions(stored: string) {
  const selectableFields = [{ jsonPath: ".spec.host" }];
  const text = { type: "string" };
  const of = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({
    type: "object",
    properties: { spec: { type: "object", properties } },
  });
  return [
    { ...widgetVersion("v1", of({ hostPort: text })), storage: stored === "v1" },
    { ...widgetVersion("v2", of({ host: text, port: text })), storage: stored === "v2", selectableFields },
  ]; // prettier-ignore
}

function crd(stored: string) {
  const webhook = { clientConfig, conversionReviewVersions: ["v1"] };
  return definition({ versions: versions(stored), conversion: { strategy: "Webhook", webhook } });
}

const path = (version: string) => `/apis/example.com/${version}/namespaces/n/widgets`;
const old = (name: string, hostPort: string) => ({
  apiVersion: "example.com/v1", kind: "Widget", metadata: { name }, spec: { hostPort },
}); // prettier-ignore
const fresh = (name: string, host: string, port: string) => ({
  apiVersion: "example.com/v2", kind: "Widget", metadata: { name }, spec: { host, port },
}); // prettier-ignore

test("an object is read, written and read back in another version", async () => {
  await api.post(path("v1"), old("a", "localhost:80"));
  expect(calls).toEqual([]);
  expect((await api.get<Widget>(`${path("v2")}/a`)).spec).toEqual({
    host: "localhost",
    port: "80",
  });
  const patched = await api.patch<Widget>(`${path("v2")}/a`, { spec: { port: "81" } });
  expect(patched).toMatchObject({ apiVersion: "example.com/v2", spec: { port: "81" } });
  expect((await api.get<Widget>(`${path("v1")}/a`)).spec).toEqual({ hostPort: "localhost:81" });
});

test("a list with objects stored in both versions is converted in one call", async () => {
  await api.post(path("v1"), old("a", "x:1"));
  await api.post(path("v1"), old("b", "y:2"));
  await api.patch(api.definitions("widgets"), { spec: { versions: versions("v2") } });
  await until(async () => {
    await api.post(path("v2"), fresh("c", "z", "3")).catch(() => undefined);
    return api.get(`${path("v2")}/c`).then(
      () => true,
      () => false,
    );
  });
  calls = [];
  const { items } = await api.get<KubeList<Widget>>(path("v2"));
  expect(items.map(({ spec }) => spec["host"])).toEqual(["x", "y", "z"]);
  const names = calls.flatMap((call) => call.names);
  expect(new Set(names).size).toBe(names.length);
  calls = [];
  await api.get(path("v2"));
  expect(calls).toEqual([]);
});

test("a watch shows changes converted and in order", async () => {
  await api.post(path("v1"), old("a", "x:1"));
  using watch = api.watch(path("v2"));
  await api.post(path("v1"), old("b", "y:2"));
  await api.patch(`${path("v1")}/a`, { spec: { hostPort: "x:9" } });
  await api.delete(`${path("v1")}/b`);
  const seen = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
  expect(
    seen.map(({ type, object }) => [type, object.apiVersion, (object as Widget).spec["port"]]),
  ).toEqual([
    ["ADDED", "example.com/v2", "1"],
    ["ADDED", "example.com/v2", "2"],
    ["MODIFIED", "example.com/v2", "9"],
    ["DELETED", "example.com/v2", "2"],
  ]);
});

test("fields of the version served select, stored as they may be", async () => {
  await api.post(path("v1"), old("a", "x:1"));
  await api.post(path("v1"), old("b", "y:2"));
  const list = await api.get<KubeList<Widget>>(`${path("v2")}?fieldSelector=spec.host=y`);
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
  using watch = api.watch(`${path("v2")}?fieldSelector=spec.host=x`);
  expect((await watch.next()).object.metadata.name).toBe("a");
  await api.patch(`${path("v1")}/b`, { spec: { hostPort: "x:2" } });
  expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
  await api.patch(`${path("v1")}/a`, { spec: { hostPort: "z:2" } });
  expect(await watch.next()).toMatchObject({
    type: "DELETED",
    object: { metadata: { name: "a" } },
  });
});

test.each<[what: string, answer: (review: Review) => object, why: string]>([
  [
    "a failure",
    ({ request }) => ({ uid: request.uid, result: { status: "Failure", message: "no way" } }),
    "no way",
  ],
  [
    "too few objects",
    (review) => ({ ...convertAll(review), convertedObjects: [] }),
    "returned 0 objects, expected 1",
  ],
  ["another's answer", (review) => ({ ...convertAll(review), uid: "other" }), 'got "other"'],
  [
    "another object",
    (review) => {
      const [object] = review.request.objects.map((each) =>
        convert(each, review.request.desiredAPIVersion),
      );
      return {
        ...convertAll(review),
        convertedObjects: [{ ...object, metadata: { ...object!.metadata, name: "b" } }],
      };
    },
    "must have the same name: b != a",
  ],
])("%s is told to whoever asked", async (_, behaviour, why) => {
  await api.post(path("v1"), old("a", "x:1"));
  answer = behaviour;
  await expect(api.get(`${path("v2")}/a`)).rejects.toMatchObject({
    code: 500,
    message: expect.stringMatching(
      new RegExp(`conversion webhook for example.com/v1, Kind=Widget failed: .*${why}`),
    ),
  });
  expect((await api.get<Widget>(`${path("v1")}/a`)).spec).toEqual({ hostPort: "x:1" });
});

test("metadata other than labels and annotations stays the server's", async () => {
  const made = await api.post(path("v1"), old("a", "x:1"));
  answer = (review) => {
    const objects = review.request.objects.map((each) =>
      convert(each, review.request.desiredAPIVersion),
    );
    const metadata = {
      ...objects[0]!.metadata,
      labels: { by: "hook" },
      generation: 99,
      finalizers: ["x.y/z"],
    };
    return { ...convertAll(review), convertedObjects: [{ ...objects[0], metadata }] };
  };
  const { metadata } = await api.get(`${path("v2")}/a`);
  expect(metadata).toEqual({ ...made.metadata, labels: { by: "hook" } });
});
