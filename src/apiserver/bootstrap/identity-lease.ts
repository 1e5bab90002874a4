import { createHash } from "node:crypto";
import { type Lease, leases } from "#apis/coordination/lease.ts";
import { type Clock, rfc3339Micro } from "#base/clock.ts";
import type { Resource } from "#machinery/resource.ts";
import type { OwnObject, OwnWriter } from "../rest/own-writer.ts";

const leaseSeconds = 3_600;
/** How often the lease is renewed. */
export const identityRenewMs = 10_000;

/** Renews the Lease by which API servers of one cluster know of each other (KEP-1965). */
export async function renewIdentity(
  writer: OwnWriter,
  clock: Clock,
  hostname: string,
  holder: string,
): Promise<void> {
  const hash = createHash("sha256").update(hostname).digest("hex").slice(0, 26);
  const now = rfc3339Micro(clock.now());
  const lease: OwnObject = {
    metadata: {
      namespace: "kube-system",
      name: `apiserver-${hash}`,
      labels: {
        "apiserver.kubernetes.io/identity": "kube-apiserver",
        "kubernetes.io/hostname": hostname,
      },
    },
    spec: {
      holderIdentity: `apiserver-${hash}_${holder}`,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: now,
      renewTime: now,
    },
  };
  if (await writer.create(leases as Resource<never>, lease)) return;
  await writer.change(leases as Resource<never>, lease, (copy) => {
    (copy as Lease).spec = {
      ...(copy as Lease).spec,
      renewTime: now,
      holderIdentity: `apiserver-${hash}_${holder}`,
    };
  });
}
