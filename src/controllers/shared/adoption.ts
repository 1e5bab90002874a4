/**
 * Controllers own objects by reference, not by label: they adopt objects that match their selector
 * and that nobody controls, and release those they own that match no longer.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */
import { isReason } from "#machinery/errors.ts";
import {
  controllerOf,
  controllerReference,
  type KubeObject,
  type OwnerReference,
} from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "#client/client.ts";
import type { LabelMatcher } from "./selector.ts";
import { settleAll } from "./settle.ts";

/** What to do with the candidates: those kept are owned after `adopt` and `release` are done. */
export interface Claim<T> {
  /** Owned already and matching. */
  owned: T[];
  adopt: T[];
  release: T[];
}

/** Pure: sorts what the owner has and what nobody has. A dying owner neither adopts nor releases. */
export function planClaim<T extends KubeObject>(
  owner: KubeObject,
  candidates: readonly T[],
  matches: LabelMatcher,
): Claim<T> {
  const claim: Claim<T> = { owned: [], adopt: [], release: [] };
  const dying = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const { labels, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const matching = matches(labels);
    if (controller) {
      if (matching) claim.owned.push(object);
      else if (!dying) claim.release.push(object);
    } else if (matching && !dying && deletionTimestamp === undefined) claim.adopt.push(object);
  }
  return claim;
}

/**
 * Adopts and releases; what the owner has afterwards.
 * @throws TerminalError-free: a lost race (NotFound, Invalid, Conflict) leaves the object out.
 */
export async function applyClaim<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  owner: { object: KubeObject; resource: Resource; finalizers?: readonly string[] },
  claim: Claim<T>,
): Promise<T[]> {
  if (claim.adopt.length > 0) await assertAlive(client, owner);
  const reference = controllerReference(owner.object, owner.resource);
  const adopted = await settleAll(
    claim.adopt.map((object) => adopt(client, resource, reference, object, owner.finalizers)),
  );
  await settleAll(
    claim.release.map((object) =>
      release(client, resource, owner.object, object, owner.finalizers),
    ),
  );
  return [...claim.owned, ...adopted.filter((object) => object !== undefined)];
}

/** The cache may be behind: an owner that is being deleted must not adopt. */
async function assertAlive(
  client: Client,
  { object, resource }: { object: KubeObject; resource: Resource },
): Promise<void> {
  const { namespace, name, uid } = object.metadata;
  const fresh = await client.get(resource, { namespace, name });
  const gone = fresh.metadata.uid !== uid || fresh.metadata.deletionTimestamp !== undefined;
  if (gone) throw new Error(`${namespace}/${name} has been deleted, so it cannot adopt`);
}

async function adopt<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  reference: OwnerReference,
  object: T,
  finalizers?: readonly string[],
): Promise<T | undefined> {
  const metadata = {
    uid: object.metadata.uid,
    ownerReferences: [reference],
    ...(finalizers ? { finalizers } : {}),
  };
  return unlessLost(client.patch(resource, object.metadata, { metadata }, { type: "strategic" }));
}

async function release<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  owner: KubeObject,
  object: T,
  finalizers?: readonly string[],
): Promise<void> {
  const metadata = {
    uid: object.metadata.uid,
    ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }],
    ...(finalizers ? { "$deleteFromPrimitiveList/finalizers": finalizers } : {}),
  };
  await unlessLost(client.patch(resource, object.metadata, { metadata }, { type: "strategic" }));
}

async function unlessLost<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (isReason(error, "NotFound", "Invalid", "Conflict")) return undefined;
    throw error;
  }
}
