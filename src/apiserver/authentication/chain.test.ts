import { expect, test } from "vitest";
import { unauthorized } from "#machinery/errors.ts";
import { requestWith } from "../testkit.ts";
import type { Authenticator } from "./authenticator.ts";
import { anonymous, authenticate } from "./chain.ts";
import { clientCertificates } from "./client-certificate.ts";

const request = requestWith({});
const nobody: Authenticator = { name: "nobody", authenticate: async () => undefined };
const refuses: Authenticator = {
  name: "refuses",
  authenticate: () => Promise.reject(unauthorized()),
};
const breaks: Authenticator = {
  name: "breaks",
  authenticate: () => Promise.reject(new Error("store is down")),
};
const ann: Authenticator = {
  name: "ann",
  authenticate: async () => ({ user: { name: "ann", groups: ["dev"] } }),
};

test("the first authenticator that knows the credential decides", async () => {
  const found = await authenticate([nobody, ann, breaks], request, { anonymous: false });
  expect(found.user).toEqual({ name: "ann", groups: ["dev", "system:authenticated"] });
});

test("a bad credential of one kind does not hide a good one of another", async () => {
  const found = await authenticate([refuses, ann], request, { anonymous: false });
  expect(found.user.name).toBe("ann");
});

test("without a credential the user is anonymous, where that is allowed", async () => {
  const found = await authenticate([nobody], request, { anonymous: true });
  expect(found.user).toBe(anonymous);
  await expect(authenticate([nobody], request, { anonymous: false })).rejects.toMatchObject({
    reason: "Unauthorized",
  });
});

test("a bad credential is never anonymous", async () => {
  await expect(authenticate([refuses, nobody], request, { anonymous: true })).rejects.toMatchObject(
    { reason: "Unauthorized" },
  );
});

test("a failure that is no refusal is not swallowed", async () => {
  await expect(authenticate([breaks, ann], request, { anonymous: true })).rejects.toThrow(
    "store is down",
  );
});

test("a client certificate's common name is the user, its organizations are the groups", async () => {
  const peer = { commonName: "ann", organizations: ["dev", "ops"], der: new Uint8Array() };
  expect(await clientCertificates.authenticate(requestWith({ peer }))).toEqual({
    user: { name: "ann", groups: ["dev", "ops"] },
  });
});

test.each([undefined, { commonName: "", organizations: ["dev"], der: new Uint8Array() }])(
  "a request without a named certificate is for others to authenticate",
  async (peer) => {
    expect(await clientCertificates.authenticate(requestWith({ peer }))).toBeUndefined();
  },
);
