/**
 * Binds claims to volumes: first the volume is reserved by its claimRef, then the claim names it.
 * Reads PersistentVolumeClaim, PersistentVolume, StorageClass. Writes the first two.
 */
import {
  type PersistentVolumeClaim,
  persistentVolumeClaims,
} from "#apis/core/persistent-volume-claim.ts";
import { type PersistentVolume, persistentVolumes } from "#apis/core/persistent-volume.ts";
import { storageClasses } from "#apis/storage/storage-class.ts";
import { keyOf, toKey } from "#machinery/meta.ts";
import {
  defineController,
  done,
  type ReconcileContext,
  requeueAfter,
  watching,
} from "#client/reconciler.ts";
import { sameMeaning } from "../shared/equal.ts";
import { writeStatus } from "../shared/status.ts";
import { bindCompleted, boundByController, classOf, planClaimBinding } from "./plan.ts";

/** As upstream: claims that wait are looked at again, and told of. */
const lookAgainMs = 15_000;
const storageProvisioner = "volume.kubernetes.io/storage-provisioner";

export const claimBinder = defineController<PersistentVolumeClaim>({
  name: "persistentvolume-binder-controller",
  account: "persistent-volume-binder",
  component: "persistentvolume-controller",
  for: persistentVolumeClaims,
  watches: [
    watching(persistentVolumes, ({ spec }, caches) => {
      const { claimRef } = spec;
      if (claimRef) return [toKey(claimRef.namespace, claimRef.name ?? "")];
      const waiting = caches
        .of(persistentVolumeClaims)
        .list()
        .filter(
          (claim) => !claim.spec.volumeName && classOf(claim) === (spec.storageClassName ?? ""),
        );
      return waiting.map(keyOf);
    }),
    watching(storageClasses, ({ metadata }, caches) =>
      caches
        .of(persistentVolumeClaims)
        .list()
        .filter((claim) => !claim.spec.volumeName && classOf(claim) === metadata.name)
        .map(keyOf),
    ),
  ],
  async reconcile(key, context) {
    const { caches, client, recorder } = context;
    const claim = caches.get(persistentVolumeClaims, key);
    if (!claim) return done;
    const volumes = caches.of(persistentVolumes).list();
    const classNamed = (name: string) => caches.get(storageClasses, toKey(undefined, name));
    const step = planClaimBinding(claim, volumes, classNamed);
    switch (step.do) {
      case "bind":
        await bind(claim, step.volume, context);
        return done;
      case "lost":
        if (claim.status?.phase !== "Lost") recorder.warning(claim, step.reason, step.message);
        await writeStatus(client, persistentVolumeClaims, claim, {
          ...claim.status,
          phase: "Lost",
        });
        return done;
      case "provision": {
        const { provisioner } = step.storageClass;
        await askProvisioner(claim, provisioner, context);
        return requeueAfter(lookAgainMs);
      }
      case "wait": {
        const { event } = step;
        if (event) recorder[event.type](claim, event.reason, event.message);
        const pending = { ...claim.status, phase: claim.status?.phase ?? "Pending" };
        await writeStatus(client, persistentVolumeClaims, claim, pending);
        return event ? requeueAfter(lookAgainMs) : done;
      }
    }
  },
});

/** Somebody outside makes the volume; the annotation says who. */
async function askProvisioner(
  claim: PersistentVolumeClaim,
  provisioner: string,
  { client, recorder }: ReconcileContext,
): Promise<void> {
  const text =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or ` +
    "manually by the system administrator. If volume creation is delayed, please verify that " +
    "the provisioner is running and correctly registered.";
  recorder.normal(claim, "ExternalProvisioning", text);
  const { metadata } = claim;
  if (metadata.annotations?.[storageProvisioner] === provisioner) return;
  const annotations = { ...metadata.annotations, [storageProvisioner]: provisioner };
  await client.update(persistentVolumeClaims, { ...claim, metadata: { ...metadata, annotations } });
}

async function bind(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  { client }: ReconcileContext,
): Promise<void> {
  const reserved = await reserve(claim, volume, client);
  const { metadata, spec } = claim;
  const byUs = spec.volumeName ? {} : { [boundByController]: "yes" };
  const annotations = { ...metadata.annotations, ...byUs, [bindCompleted]: "yes" };
  let named = claim;
  const { name } = reserved.metadata;
  if (spec.volumeName !== name || !sameMeaning(annotations, metadata.annotations)) {
    named = await client.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...metadata, annotations },
      spec: { ...spec, volumeName: name },
    });
  }
  const { accessModes, capacity } = reserved.spec;
  const status = {
    ...named.status,
    phase: "Bound",
    ...(accessModes ? { accessModes } : {}),
    ...(capacity && !named.status?.capacity ? { capacity } : {}),
  };
  await writeStatus(client, persistentVolumeClaims, named, status);
}

/** Makes the volume the claim's, unless it is. */
async function reserve(
  { apiVersion, kind, metadata }: PersistentVolumeClaim,
  volume: PersistentVolume,
  client: ReconcileContext["client"],
): Promise<PersistentVolume> {
  const { namespace, name, uid, resourceVersion } = metadata;
  const { claimRef } = volume.spec;
  if (claimRef?.uid === uid) return volume;
  const annotations = claimRef
    ? volume.metadata.annotations
    : { ...volume.metadata.annotations, [boundByController]: "yes" };
  return client.update(persistentVolumes, {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) },
    spec: {
      ...volume.spec,
      claimRef: { apiVersion, kind, namespace, name, uid, resourceVersion },
    },
  });
}
