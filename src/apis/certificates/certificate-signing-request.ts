import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bytes,
  type Infer,
  int32,
  kind,
  list,
  map,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const certificateSigningRequestSpec = object(
  "certificates.v1.CertificateSigningRequestSpec",
  {
    request: bytes({ tag: 1, always: true, required: true }),
    username: string({ tag: 2 }),
    uid: string({ tag: 3 }),
    groups: list(string(), { tag: 4, listType: "atomic" }),
    usages: list(
      string({
        enum: [
          "any",
          "cert sign",
          "client auth",
          "code signing",
          "content commitment",
          "crl sign",
          "data encipherment",
          "decipher only",
          "digital signature",
          "email protection",
          "encipher only",
          "ipsec end system",
          "ipsec tunnel",
          "ipsec user",
          "key agreement",
          "key encipherment",
          "microsoft sgc",
          "netscape sgc",
          "ocsp signing",
          "s/mime",
          "server auth",
          "signing",
          "timestamping",
        ],
      }),
      { tag: 5, listType: "atomic" },
    ),
    extra: map(list(string()), { tag: 6 }),
    signerName: string({ tag: 7, always: true, required: true }),
    expirationSeconds: int32({ tag: 8, pointer: true }),
  },
);
export interface CertificateSigningRequestSpec extends Infer<
  typeof certificateSigningRequestSpec
> {}

export const certificateSigningRequestCondition = object(
  "certificates.v1.CertificateSigningRequestCondition",
  {
    type: string({ tag: 1, always: true, required: true }),
    reason: string({ tag: 2 }),
    message: string({ tag: 3 }),
    lastUpdateTime: time({ tag: 4 }),
    lastTransitionTime: time({ tag: 5 }),
    status: string({ tag: 6, always: true, required: true }),
  },
);
export interface CertificateSigningRequestCondition extends Infer<
  typeof certificateSigningRequestCondition
> {}

export const certificateSigningRequestStatus = object(
  "certificates.v1.CertificateSigningRequestStatus",
  {
    conditions: list(
      struct<CertificateSigningRequestCondition>(certificateSigningRequestCondition),
      { tag: 1, listType: "map", listMapKeys: ["type"] },
    ),
    certificate: bytes({ tag: 2 }),
  },
);
export interface CertificateSigningRequestStatus extends Infer<
  typeof certificateSigningRequestStatus
> {}

export const certificateSigningRequest = kind("certificates.v1.CertificateSigningRequest", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<CertificateSigningRequestSpec>(certificateSigningRequestSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<CertificateSigningRequestStatus>(certificateSigningRequestStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface CertificateSigningRequest extends Infer<typeof certificateSigningRequest> {}

export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  singular: "certificatesigningrequest",
  shortNames: ["csr"],
  namespaced: false,
  schema: certificateSigningRequest,
  subresources: {
    approval: {},
    status: {},
  },
});
