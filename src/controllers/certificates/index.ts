/**
 * Approves kubelets' requests for client certificates, signs approved requests with the cluster's
 * authority, and deletes requests that have had their day.
 * Reads CertificateSigningRequest. Writes its status and approval; asks SubjectAccessReviews.
 */
import { subjectAccessReviews } from "#apis/authorization/subject-access-review.ts";
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from "#apis/certificates/certificate-signing-request.ts";
import { rfc3339 } from "#base/clock.ts";
import type { KeyPair, ParsedRequest } from "#machinery/certificates/x509.ts";
import { isReason } from "#machinery/errors.ts";
import {
  type Controller,
  defineController,
  done,
  type ReconcileContext,
  requeueAfter,
} from "#client/reconciler.ts";
import { messageOf } from "../shared/pod-control.ts";
import {
  approvalAttribute,
  awaitsSignature,
  expiryMs,
  isOf,
  knownSigners,
  refusal,
} from "./plan.ts";

/** As upstream's --cluster-signing-duration; a request may ask for less. */
const durationSecondsMax = 365 * 24 * 3_600;
/** Certificates are valid a little before now, for clocks that differ. */
const backdateMs = 300_000;

/** `authority` signs; PEM. */
export function certificateController(authority: KeyPair): Controller {
  return defineController<CertificateSigningRequest>({
    name: "certificatesigningrequest-signing-controller",
    account: "certificate-controller",
    component: "certificate-controller",
    for: certificateSigningRequests,
    async reconcile(key, context) {
      const { caches, client, clock } = context;
      const request = caches.get(certificateSigningRequests, key);
      if (!request) return done;
      const leftMs = expiryMs(request) - clock.now();
      if (leftMs <= 0) {
        await client.delete(certificateSigningRequests, request.metadata).catch(ignoreGone);
        return done;
      }
      if (knownSigners.has(request.spec.signerName)) await attend(request, authority, context);
      return requeueAfter(leftMs);
    },
  });
}

function ignoreGone(error: unknown): void {
  if (!isReason(error, "NotFound")) throw error;
}

async function attend(
  request: CertificateSigningRequest,
  authority: KeyPair,
  context: ReconcileContext,
): Promise<void> {
  const pending = !isOf(request, "Approved") && !isOf(request, "Denied");
  if (!pending && !awaitsSignature(request)) return;
  // The library is slow to load and seldom needed.
  const { parseRequest } = await import("#machinery/certificates/x509.ts");
  let subject: ParsedRequest;
  try {
    subject = await parseRequest(Buffer.from(request.spec.request, "base64").toString("utf8"));
  } catch (error) {
    if (!pending) await fail(request, `unable to parse csr: ${messageOf(error)}`, context);
    return;
  }
  if (pending) await approve(request, subject, context);
  else await sign(request, subject, authority, context);
}

/** A kubelet may have its own certificate renewed, and a bootstrapping one may get its first. */
async function approve(
  request: CertificateSigningRequest,
  subject: ParsedRequest,
  { client, clock }: ReconcileContext,
): Promise<void> {
  const subresource = approvalAttribute(request, subject);
  if (!subresource) return;
  const { username: user = "", groups, uid, extra } = request.spec;
  const review = await client.create(subjectAccessReviews, {
    metadata: {},
    spec: {
      user,
      ...(groups ? { groups } : {}),
      ...(uid ? { uid } : {}),
      ...(extra ? { extra } : {}),
      resourceAttributes: {
        group: "certificates.k8s.io",
        resource: "certificatesigningrequests",
        verb: "create",
        subresource,
        version: "*",
      },
    },
  });
  if (!review.status?.allowed) return;
  const what = subresource === "selfnodeclient" ? "self kubelet" : "kubelet";
  const now = rfc3339(clock.now());
  const condition = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message: `Auto approving ${what} client certificate after SubjectAccessReview.`,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), condition];
  const approved = { ...request, status: { ...request.status, conditions } };
  await client.update(certificateSigningRequests, approved, { subresource: "approval" });
}

async function sign(
  request: CertificateSigningRequest,
  subject: ParsedRequest,
  authority: KeyPair,
  context: ReconcileContext,
): Promise<void> {
  const why = refusal(request, subject);
  if (why !== undefined) return fail(request, why, context);
  const { client, clock, chance } = context;
  const { signCertificate } = await import("#machinery/certificates/x509.ts");
  const { commonName, organizations, dnsNames, addresses, publicKey } = subject;
  const usages = (["server", "client"] as const).filter((usage) =>
    request.spec.usages?.includes(`${usage} auth`),
  );
  const seconds = Math.min(
    request.spec.expirationSeconds ?? durationSecondsMax,
    durationSecondsMax,
  );
  const now = clock.now();
  const notBefore = new Date(now - backdateMs);
  const notAfter = new Date(now - backdateMs + seconds * 1_000);
  const names = { commonName, organizations, dnsNames, addresses };
  const wanted = { ...names, usages, notBefore, notAfter };
  const pem = await signCertificate(authority, wanted, publicKey, chance);
  const certificate = Buffer.from(pem).toString("base64");
  const status = { ...request.status, certificate };
  await client.updateStatus(certificateSigningRequests, { ...request, status });
}

async function fail(
  request: CertificateSigningRequest,
  message: string,
  { client, clock }: ReconcileContext,
): Promise<void> {
  const now = rfc3339(clock.now());
  const condition = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), condition];
  const status = { ...request.status, conditions };
  await client.updateStatus(certificateSigningRequests, { ...request, status });
}
