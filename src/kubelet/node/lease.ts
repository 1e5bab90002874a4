import { type Clock, rfc3339Micro } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { type Lease, leases } from "#apis/coordination/lease.ts";
import type { Node } from "#apis/core/node.ts";
import type { Client } from "#client/client.ts";
import { isReason } from "#machinery/errors.ts";

const namespace = "kube-node-lease";
const leaseSeconds = 40;
const renewMs = 10_000;

export interface LeaseOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  nodeName: string;
  /** This node's object, the lease's owner; undefined before it is known. */
  node: () => Node | undefined;
}

/** Renews the node's lease, by which the control plane sees that the node lives. */
export async function renewLease(options: LeaseOptions): Promise<void> {
  const { client, clock, log, signal, nodeName, node } = options;
  let lease: Lease | undefined;
  await loop({
    name: "node lease",
    clock,
    log,
    signal,
    everyMs: renewMs,
    backoff: { firstMs: 200, maxMs: 7_000 },
    body: async () => {
      lease ??= await getOrCreate();
      try {
        lease = await client.update(leases, renewed(lease), { signal });
      } catch (error) {
        if (isReason(error, "Conflict", "NotFound")) lease = undefined;
        throw error;
      }
    },
  });

  async function getOrCreate(): Promise<Lease> {
    try {
      return await client.get(leases, { namespace, name: nodeName }, { signal });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      const draft = renewed({ metadata: { namespace, name: nodeName } } as Lease);
      return client.create(leases, draft, { signal });
    }
  }

  function renewed(old: Lease): Lease {
    const owner = node();
    const { ownerReferences } = old.metadata;
    const { name, uid = "" } = owner?.metadata ?? { name: nodeName };
    const owners =
      owner && !ownerReferences?.length
        ? [{ apiVersion: "v1", kind: "Node", name, uid }]
        : ownerReferences;
    return {
      ...old,
      metadata: { ...old.metadata, ...(owners ? { ownerReferences: owners } : {}) },
      spec: {
        ...old.spec,
        holderIdentity: nodeName,
        leaseDurationSeconds: leaseSeconds,
        renewTime: rfc3339Micro(clock.now()),
      },
    };
  }
}
