import { describe, expect, test } from "vitest";
import type { CertificateSigningRequest } from "#apis/certificates/certificate-signing-request.ts";
import { ago, testNowMs } from "#testkit/objects.ts";
import { approvalAttribute, awaitsSignature, expiryMs, refusal } from "./plan.ts";

function requestOf(spec: object, conditions: object[] = []): CertificateSigningRequest {
  return {
    metadata: { name: "r", creationTimestamp: ago(60) },
    spec: { signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"], ...spec },
    status: { conditions },
  } as unknown as CertificateSigningRequest;
}

const person = {
  commonName: "jane",
  organizations: ["dev"],
  dnsNames: [],
  addresses: [],
  otherNames: 0,
};
const node = { ...person, commonName: "system:node:n1", organizations: ["system:nodes"] };
const kubelet = { signerName: "kubernetes.io/kube-apiserver-client-kubelet" };
const serving = { signerName: "kubernetes.io/kubelet-serving", usages: ["server auth"] };

describe("the signer", () => {
  test.each([
    ["a client", {}, person, undefined],
    ["no client usage", { usages: ["digital signature"] }, person, /client auth is needed/],
    [
      "another usage, too",
      { usages: ["client auth", "server auth"] },
      person,
      /server auth is not/,
    ],
    ["a kubelet", kubelet, node, undefined],
    ["a person as kubelet", kubelet, person, /organization/],
    ["a kubelet's server", serving, { ...node, addresses: ["10.0.0.1"] }, undefined],
    ["a server without names", serving, node, /are needed/],
    ["a kubelet with names", kubelet, { ...node, dnsNames: ["x"] }, /not allowed/],
  ])("%s", (_what, spec, subject, why) => {
    const told = refusal(requestOf(spec), subject);
    if (why) expect(told).toMatch(why);
    else expect(told).toBeUndefined();
  });
  test("waits for approval, and answers once", () => {
    const approved = { type: "Approved", status: "True" };
    expect(awaitsSignature(requestOf({}))).toBe(false);
    expect(awaitsSignature(requestOf({}, [approved]))).toBe(true);
    expect(awaitsSignature(requestOf({}, [approved, { type: "Failed", status: "True" }]))).toBe(
      false,
    );
  });
});

test.each([
  [{ ...kubelet, username: "system:node:n1" }, node, "selfnodeclient"],
  [{ ...kubelet, username: "system:bootstrap:abc" }, node, "nodeclient"],
  [{ username: "jane" }, person, undefined],
  [kubelet, person, undefined],
])("%j may be approved by itself as %s", (spec, subject, attribute) => {
  expect(approvalAttribute(requestOf(spec), subject)).toBe(attribute);
});

test("requests are kept for a day while they wait, for an hour once answered", () => {
  const hours = (conditions: object[]) =>
    Math.round((expiryMs(requestOf({}, conditions)) - testNowMs) / 3_600_000);
  expect(hours([])).toBe(24);
  expect(hours([{ type: "Denied", status: "True", lastUpdateTime: ago(0) }])).toBe(1);
});
