import { beforeEach, expect, test } from "vitest";
import type { KubeObject } from "#machinery/meta.ts";
import { AdmissionServer } from "#testkit/admission-server.ts";
import type { WebhookTransport } from "./webhooks/transport.ts";

interface Thing extends KubeObject {
  spec?: { kept?: string; gone?: string };
}

let api: AdmissionServer;
const reviews: { request: { object: Thing; resource: object; requestResource: object } }[] = [];

/** Adds a field that the schema knows and one that it does not. */
const transport: WebhookTransport = {
  async post({ body }) {
    const review = JSON.parse(body) as (typeof reviews)[number] & { request: { uid: string } };
    reviews.push(review);
    const patch = [
      { op: "add", path: "/spec/kept", value: "by webhook" },
      { op: "add", path: "/spec/gone", value: "by webhook" },
    ];
    const response = {
      uid: review.request.uid,
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    };
    const answer = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
    return { status: 200, body: JSON.stringify(answer) };
  },
};

const registration = "/apis/admissionregistration.k8s.io/v1";

beforeEach(async () => {
  reviews.length = 0;
  api = await AdmissionServer.start({ webhookTransport: transport });
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { kept: { type: "string" } } } },
  };
  const version = { served: true, schema: { openAPIV3Schema: schema } };
  await api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things", singular: "thing" },
      versions: [
        { name: "v1", storage: true, ...version },
        { name: "v2", storage: false, ...version },
      ],
    },
  });
  const path = "/apis/example.com/v2/namespaces/n/things";
  await expect.poll(() => api.get(path).then(() => true, () => false)).toBe(true); // prettier-ignore
  return () => api[Symbol.asyncDispose]();
});

const things = (version: string) => `/apis/example.com/${version}/namespaces/n/things`;
const thing = (version: string, name: string, spec: object = {}) =>
  api.post<Thing>(things(version), {
    apiVersion: `example.com/${version}`,
    kind: "Thing",
    metadata: { name },
    spec,
  });

test("what a webhook adds to a custom resource is pruned, and it may ask for another version", async () => {
  await api.post(`${registration}/mutatingwebhookconfigurations`, {
    metadata: { name: "w" },
    webhooks: [
      {
        name: "w.example.com",
        clientConfig: { url: "https://192.0.2.1/" },
        rules: [
          {
            apiGroups: ["example.com"],
            apiVersions: ["v1"],
            operations: ["CREATE"],
            resources: ["things"],
          },
        ],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  const made = await thing("v2", "x");
  expect(made).toMatchObject({ apiVersion: "example.com/v2", spec: { kept: "by webhook" } });
  expect(made.spec).not.toHaveProperty("gone");
  expect(reviews[0]?.request).toMatchObject({
    object: { apiVersion: "example.com/v1", kind: "Thing" },
    resource: { version: "v1" },
    requestResource: { version: "v2" },
  });
});

test("custom resources can be parameters of policies, and be judged by them", async () => {
  await thing("v1", "limits", { kept: "x" });
  await api.post(`${registration}/validatingadmissionpolicies`, {
    metadata: { name: "p" },
    spec: {
      paramKind: { apiVersion: "example.com/v1", kind: "Thing" },
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ["example.com"],
            apiVersions: ["v1"],
            operations: ["CREATE"],
            resources: ["things"],
          },
        ],
      },
      validations: [{ expression: "object.spec.kept == params.spec.kept" }],
    },
  });
  await api.post(`${registration}/validatingadmissionpolicybindings`, {
    metadata: { name: "b" },
    spec: {
      policyName: "p",
      paramRef: { name: "limits", namespace: "n", parameterNotFoundAction: "Deny" },
      validationActions: ["Deny"],
    },
  });
  await thing("v1", "good", { kept: "x" });
  await expect(thing("v2", "bad", { kept: "y" })).rejects.toThrow("denied request");
});
