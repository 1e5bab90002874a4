/**
 * Which certificate signing requests are signed, approved or thrown away. Pure.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import type { CertificateSigningRequest } from "#apis/certificates/certificate-signing-request.ts";
import type { ParsedRequest } from "#machinery/certificates/x509.ts";
import { createdMs } from "../shared/pod-state.ts";

export const kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet";
const apiClient = "kubernetes.io/kube-apiserver-client";
const kubeletServing = "kubernetes.io/kubelet-serving";
const legacy = "kubernetes.io/legacy-unknown";
export const knownSigners = new Set([apiClient, kubeletClient, kubeletServing, legacy]);

const hourMs = 3_600_000;

type Request = CertificateSigningRequest;
type Subject = Omit<ParsedRequest, "publicKey">;

export function isOf(request: Request, type: "Approved" | "Denied" | "Failed"): boolean {
  return (
    request.status?.conditions?.some(
      (condition) => condition.type === type && condition.status !== "False",
    ) ?? false
  );
}

/** Approved, and nobody has answered yet. */
export function awaitsSignature(request: Request): boolean {
  return isOf(request, "Approved") && !isOf(request, "Failed") && !request.status?.certificate;
}

/** Why the signer will not sign this; undefined when it will. */
export function refusal({ spec }: Request, subject: Subject): string | undefined {
  const usages = new Set(spec.usages ?? []);
  const only = (needed: string) => {
    const allowed = new Set(["digital signature", "key encipherment", needed]);
    if (!usages.has(needed)) return `usages did not match: ${needed} is needed`;
    const other = [...usages].find((usage) => !allowed.has(usage));
    return other && `usages did not match: ${other} is not allowed`;
  };
  const names = subject.dnsNames.length + subject.addresses.length;
  if (subject.otherNames > 0) return "URI and email alternative names are not allowed";
  switch (spec.signerName) {
    case apiClient:
      return only("client auth");
    case kubeletClient:
      return only("client auth") ?? nodeSubject(subject) ?? unwanted(names > 0);
    case kubeletServing: {
      const missing = names === 0 ? "DNS or IP alternative names are needed" : undefined;
      return only("server auth") ?? nodeSubject(subject) ?? missing;
    }
    default:
      return undefined;
  }
}

function unwanted(has: boolean): string | undefined {
  return has ? "alternative names are not allowed" : undefined;
}

function nodeSubject({ commonName, organizations }: Subject): string | undefined {
  const isNode = organizations.length === 1 && organizations[0] === "system:nodes";
  if (!isNode) return "subject organization is not system:nodes";
  if (commonName.startsWith("system:node:")) return undefined;
  return "subject common name does not begin with system:node:";
}

/** What the requestor must be allowed to do so that the request is approved by itself. */
export function approvalAttribute(request: Request, subject: Subject): string | undefined {
  const { spec } = request;
  if (spec.signerName !== kubeletClient || isOf(request, "Approved") || isOf(request, "Denied")) {
    return undefined;
  }
  if (refusal(request, subject) !== undefined) return undefined;
  return spec.username === subject.commonName ? "selfnodeclient" : "nodeclient";
}

/** When the request is to be deleted, in milliseconds; as upstream's cleaner. */
export function expiryMs(request: Request): number {
  const sinceMs = Math.max(
    createdMs(request),
    ...(request.status?.conditions ?? []).map(({ lastUpdateTime }) =>
      lastUpdateTime ? Date.parse(lastUpdateTime) : 0,
    ),
  );
  const settled = isOf(request, "Denied") || isOf(request, "Failed") || request.status?.certificate;
  return sinceMs + (settled ? hourMs : 24 * hourMs);
}
