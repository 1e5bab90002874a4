import type {
  CertificateSigningRequest,
  CertificateSigningRequestStatus,
} from "#apis/certificates/certificate-signing-request.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

/**
 * Whoever approves, signs or attests for a signer needs the right to do that for this very signer
 * (or for all of its domain), beside the right to write the object.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
 */

type Request = DeepReadonly<CertificateSigningRequest>;

/** Checks who sets conditions in `certificatesigningrequests/approval`. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    matches: {
      operations: ["UPDATE"],
      resources: ["certificates.k8s.io/certificatesigningrequests/approval"],
    },
    async validate(a) {
      const { signerName } = (a.oldObject as Request).spec;
      if (await mayUseSigner(authorizer, a.user, "approve", signerName)) return;
      throw forbid(a, `user not permitted to approve requests with signerName "${signerName}"`);
    },
  };
}

/** Checks who hands out certificates in `certificatesigningrequests/status`. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    matches: {
      operations: ["UPDATE"],
      resources: ["certificates.k8s.io/certificatesigningrequests/status"],
    },
    async validate(a) {
      const old = a.oldObject as Request;
      if (sameOutcome(old.status, (a.object as CertificateSigningRequest).status)) return;
      const { signerName } = old.spec;
      if (await mayUseSigner(authorizer, a.user, "sign", signerName)) return;
      throw forbid(a, `user not permitted to sign requests with signerName "${signerName}"`);
    },
  };
}

function sameOutcome(
  old: DeepReadonly<CertificateSigningRequestStatus> | undefined,
  next: DeepReadonly<CertificateSigningRequestStatus> | undefined,
): boolean {
  return (
    (old?.certificate ?? "") === (next?.certificate ?? "") &&
    equalJson(old?.conditions ?? [], next?.conditions ?? [])
  );
}

const clientSigner = "kubernetes.io/kube-apiserver-client";

/** Nobody becomes a member of `system:masters` by a certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  matches: {
    operations: ["CREATE"],
    resources: ["certificates.k8s.io/certificatesigningrequests"],
  },
  async validate(a) {
    const { signerName, request } = (a.object as CertificateSigningRequest).spec;
    if (signerName !== clientSigner) return;
    const { requestedOrganizations } = await import("#machinery/certificates/x509.ts");
    let groups: string[];
    try {
      groups = requestedOrganizations(Buffer.from(request, "base64").toString());
    } catch (error) {
      throw forbid(a, `unable to parse certificate request: ${(error as Error).message}`);
    }
    if (!groups.includes("system:masters")) return;
    throw forbid(a, `use of ${clientSigner} signer with system:masters group is not allowed`);
  },
};

interface TrustBundle extends KubeObject {
  spec?: { signerName?: string };
}

/** Checks who writes a ClusterTrustBundle in the name of a signer. */
export function clusterTrustBundleAttest(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "ClusterTrustBundleAttest",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["certificates.k8s.io/clustertrustbundles"],
    },
    async validate(a) {
      const next = (a.object as TrustBundle).spec?.signerName ?? "";
      const old = (a.oldObject as TrustBundle | undefined)?.spec?.signerName ?? next;
      for (const signerName of new Set([next, old])) {
        if (signerName === "") continue;
        if (await mayUseSigner(authorizer, a.user, "attest", signerName)) continue;
        throw forbid(a, `user not permitted to attest for signerName "${signerName}"`);
      }
    },
  };
}

/** Whether the user may do this for the signer by name, or for `domain/*`. */
async function mayUseSigner(
  authorizer: Authorizer,
  user: UserInfo,
  verb: "approve" | "sign" | "attest",
  signerName: string,
): Promise<boolean> {
  const domain = signerName.split("/", 1)[0] ?? "";
  for (const name of [signerName, `${domain}/*`]) {
    const { decision } = await authorizer.authorize({
      user,
      verb,
      isResource: true,
      group: "certificates.k8s.io",
      version: "*",
      resource: "signers",
      subresource: "",
      namespace: "",
      name,
      path: "",
    });
    if (decision === "allow") return true;
  }
  return false;
}
