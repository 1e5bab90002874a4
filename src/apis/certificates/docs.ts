import type { TypeDocs } from "../docs.ts";

/** Certificates on request. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const certificatesDocs: Readonly<Record<string, TypeDocs>> = {
  CertificateSigningRequest: {
    "": "Asks for a certificate.",
  },
  CertificateSigningRequestSpec: {
    "": "What certificate, and who asks.",
    request: "The request: PKCS#10 in PEM.",
    signerName: "Who is to sign.",
    expirationSeconds: "How long it should last.",
    usages: "What it is for, such as client auth.",
    username: "Who asks; set by the server.",
    uid: "The asker's id; set by the server.",
    groups: "The asker's groups; set by the server.",
    extra: "What else is known of the asker; set by the server.",
  },
  CertificateSigningRequestStatus: {
    "": "What has become of it.",
    certificate: "The certificate, in PEM.",
  },
  CertificateSigningRequestCondition: {
    "": "Approved, Denied or Failed.",
  },
};
