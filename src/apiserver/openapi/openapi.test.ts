import { expect, test } from "vitest";
import { allResources } from "#apis/all.ts";
import { compileMessages } from "#machinery/protobuf/messages.ts";
import { defineResource, type Resource } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { AllowedRequest } from "../pipeline.ts";
import type { ApiRequest } from "../request.ts";
import type { ApiResponse } from "../response.ts";
import { documentMessages } from "./gnostic-messages.ts";
import { openApiHandler } from "./handler.ts";

const allowed = {} as AllowedRequest;

async function get(
  url: string,
  headers: Record<string, string> = {},
  handler = openApiHandler({ resources: () => allResources }),
): Promise<ApiResponse> {
  const { pathname, searchParams } = new URL(url, "https://server");
  const request: ApiRequest = {
    method: "GET",
    path: pathname,
    query: searchParams,
    headers,
    body: async () => undefined,
    signal: AbortSignal.any([]),
  };
  const answer = await handler(request, allowed);
  if (!answer) throw new Error(`nobody answers ${url}`);
  return answer;
}

function bytesOf({ body }: ApiResponse): Uint8Array {
  if (body.kind !== "bytes") throw new Error(`the body is ${body.kind}`);
  return body.bytes;
}

function jsonOf(answer: ApiResponse): JsonObject {
  return JSON.parse(Buffer.from(bytesOf(answer)).toString()) as JsonObject;
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((from, key) => (from as JsonObject)[key], value);
}

test("the index leads to documents that may be kept", async () => {
  const index = jsonOf(await get("/openapi/v3"));
  const url = at(index, "paths", "apis/apps/v1", "serverRelativeURL") as string;
  expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
  const answer = await get(url);
  expect(answer.headers["cache-control"]).toContain("immutable");
  const etag = String(answer.headers["etag"]);
  expect((await get(url, { "if-none-match": etag })).status).toBe(304);
  const moved = await get("/openapi/v3/apis/apps/v1?hash=0");
  expect(moved).toMatchObject({ status: 301, headers: { location: url } });
});

test("operations are called as clients know them", async () => {
  const document = jsonOf(await get("/openapi/v2"));
  const operations = Object.values(document["paths"] as JsonObject).flatMap((path) =>
    Object.values(path as JsonObject).flatMap((each) => (each as JsonObject)["operationId"] ?? []),
  );
  expect(new Set(operations).size).toBe(operations.length);
  expect(operations).toEqual(
    expect.arrayContaining([
      "getAppsV1APIResources",
      "listCoreV1NamespacedPod",
      "listCoreV1PodForAllNamespaces",
      "createCoreV1NamespacedPodBinding",
      "createCoreV1NamespacedServiceAccountToken",
      "createAuthenticationV1TokenReview",
      "deleteAppsV1CollectionNamespacedDeployment",
      "readRbacAuthorizationV1ClusterRole",
      "readCoreV1NamespacedPodLog",
      "patchAppsV1NamespacedDeploymentScale",
      "replaceCertificatesV1CertificateSigningRequestApproval",
      "replaceCoreV1NamespaceFinalize",
      "connectCoreV1GetNamespacedPodExec",
      "connectCoreV1PostNodeProxyWithPath",
    ]),
  );
});

test("kubectl sees from the patch operation that fields are validated", async () => {
  const document = jsonOf(await get("/openapi/v3/apis/apps/v1"));
  const path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
  const patch = at(document, "paths", path, "patch") as JsonObject;
  expect(patch["x-kubernetes-group-version-kind"]).toEqual({
    group: "apps",
    version: "v1",
    kind: "Deployment",
  });
  expect(patch["parameters"]).toContainEqual(expect.objectContaining({ name: "fieldValidation" }));
});

test("fields have types and texts", async () => {
  const document = jsonOf(await get("/openapi/v3/api/v1"));
  const type = at(document, "components", "schemas", "io.k8s.api.core.v1.ServicePort");
  expect(at(type, "properties", "targetPort")).toEqual({
    description: expect.any(String),
    allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString" }],
  });
  expect(at(type, "required")).toEqual(["port"]);
});

test("the protobuf form says the same as the JSON form", async () => {
  const media = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const answer = await get("/openapi/v2", { accept: media });
  expect(answer.headers["content-type"]).toContain("spec.v2.v1.0+protobuf");
  const decoded = compileMessages(documentMessages).decode("Document", bytesOf(answer));
  const document = jsonOf(await get("/openapi/v2"));
  const names = (at(decoded, "definitions", "additionalProperties") as JsonObject[]).map(
    (each) => each["name"],
  );
  expect(names).toEqual(Object.keys(document["definitions"] as JsonObject));
  const paths = at(decoded, "paths", "path") as JsonObject[];
  expect(paths.map((each) => each["name"])).toEqual(Object.keys(document["paths"] as JsonObject));
  const pods = paths.find((each) => each["name"] === "/api/v1/pods");
  expect(at(pods, "value", "get")).toMatchObject({
    operationId: "listCoreV1PodForAllNamespaces",
    vendorExtension: expect.arrayContaining([
      { name: "x-kubernetes-action", value: { yaml: '"list"' } },
    ]),
  });
});

test("custom resources come and go", async () => {
  const crontabs = defineResource({
    group: "example.com",
    version: "v1",
    kind: "CronTab",
    plural: "crontabs",
    singular: "crontab",
    namespaced: true,
    schema: allResources[0]!.schema,
    subresources: { status: {}, scale: { group: "autoscaling", version: "v1", kind: "Scale" } },
  });
  const schema: JsonObject = {
    type: "object",
    properties: {
      spec: { type: "object", properties: { at: { type: "string", nullable: true } } },
    },
  };
  let resources: readonly Resource[] = allResources;
  const handler = openApiHandler({
    resources: () => resources,
    customSchema: (resource) => (resource === crontabs ? schema : undefined),
  });
  await expect(get("/openapi/v3/apis/example.com/v1", {}, handler)).rejects.toThrow(/not find/);
  const before = await get("/openapi/v2", {}, handler);
  resources = [...allResources, crontabs];
  const v3 = jsonOf(await get("/openapi/v3/apis/example.com/v1", {}, handler));
  expect(at(v3, "components", "schemas", "com.example.v1.CronTab", "properties")).toMatchObject({
    spec: { properties: { at: { type: "string", nullable: true } } },
    metadata: { allOf: [{ $ref: expect.stringContaining("ObjectMeta") }] },
  });
  const schemas = at(v3, "components", "schemas") as JsonObject;
  const references = JSON.stringify(v3).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
  expect([...references].map(([, name]) => name).filter((name) => !schemas[name!])).toEqual([]);
  const after = await get("/openapi/v2", {}, handler);
  expect(after.headers["etag"]).not.toBe(before.headers["etag"]);
  const spec = at(jsonOf(after), "definitions", "com.example.v1.CronTab", "properties", "spec");
  expect(spec).toEqual({ type: "object", properties: { at: {} } });
  const patch = at(
    v3, "paths", "/apis/example.com/v1/namespaces/{namespace}/crontabs/{name}", "patch",
  ); // prettier-ignore
  expect(Object.keys(at(patch, "requestBody", "content") as JsonObject)).not.toContain(
    "application/strategic-merge-patch+json",
  );
});
