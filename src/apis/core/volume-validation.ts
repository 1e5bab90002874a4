import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, nameIsSubdomain } from "#machinery/names.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  ImageVolumeSource,
  KeyToPath,
  PersistentVolumeClaimVolumeSource,
  SecretVolumeSource,
} from "./basic-volumes.ts";
import { validateClaimTemplate } from "./claim-validation.ts";
import { validateFieldRef, validateResourceFieldRef } from "./env-validation.ts";
import { validateFileMode, validateLocalNonReservedPath } from "./path-validation.ts";
import { validateProjected } from "./projected-validation.ts";
import type { ProjectedVolumeSource } from "./projected-volume.ts";
import type { CSIVolumeSource } from "./storage-volumes.ts";
import {
  cinder,
  gitRepo,
  iscsi,
  type SourceCheck,
  sharedSources,
  storageos,
  validateCsiDriverName,
  validateOneSource,
} from "./vendor-volume-validation.ts";
import type { Volume } from "./volume.ts";

/** The volumes of a pod. */

/** Volumes that containers may refer to, by name. */
export type VolumesByName = ReadonlyMap<string, DeepReadonly<Volume>>;

interface VolumeContext {
  /** The pod's own name; "" in templates, where it is not known yet. */
  readonly podName: string;
  /** In a pod itself, not in a template. */
  readonly isPod: boolean;
}

export function validateVolumes(
  problems: Problems,
  at: Path,
  volumes: readonly DeepReadonly<Volume>[],
  context: VolumeContext,
): VolumesByName {
  const byName = new Map<string, DeepReadonly<Volume>>();
  const created = new Set(
    volumes
      .filter((volume) => context.podName !== "" && volume.ephemeral)
      .map((volume) => `${context.podName}-${volume.name}`),
  );
  for (const [i, volume] of volumes.entries()) {
    const path = at.index(i);
    const own = new Problems();
    validateOneSource(own, path, volume, checksFor(volume, path, context));
    validateInitiator(own, path, volume);
    own.name(path.child("name"), volume.name, dns1123Label);
    if (byName.has(volume.name)) own.duplicate(path.child("name"), volume.name);
    if (own.any) problems.add(...own.list);
    else byName.set(volume.name, volume);
    const claimName = volume.persistentVolumeClaim?.claimName;
    if (claimName !== undefined && created.has(claimName)) {
      problems.invalid(
        path.child("persistentVolumeClaim", "claimName"),
        claimName,
        "must not reference a PVC that gets created for an ephemeral volume",
      );
    }
  }
  return byName;
}

/** The order in which upstream looks at the sources: later ones are the forbidden ones. */
function checksFor(
  volume: DeepReadonly<Volume>,
  at: Path,
  context: VolumeContext,
): (readonly [string, SourceCheck])[] {
  const shared = (field: string) => [field, sharedSources[field] as SourceCheck] as const;
  return [
    ["emptyDir", emptyDir],
    shared("hostPath"),
    ["gitRepo", gitRepo],
    shared("gcePersistentDisk"),
    shared("awsElasticBlockStore"),
    ["secret", secret],
    shared("nfs"),
    ["iscsi", iscsi],
    shared("glusterfs"),
    shared("flocker"),
    ["persistentVolumeClaim", persistentVolumeClaim],
    shared("rbd"),
    ["cinder", cinder("name")],
    shared("cephfs"),
    shared("quobyte"),
    ["downwardAPI", downwardApi],
    shared("fc"),
    shared("flexVolume"),
    ["configMap", configMap],
    shared("azureFile"),
    shared("vsphereVolume"),
    shared("photonPersistentDisk"),
    shared("portworxVolume"),
    shared("azureDisk"),
    ["storageos", storageos("name")],
    ["projected", projected],
    shared("scaleIO"),
    ["csi", csi],
    [
      "ephemeral",
      (problems, path, source) => ephemeral(problems, path, source, volume, at, context),
    ],
    ["image", (problems, path, source) => image(problems, path, source, context)],
  ];
}

function validateInitiator(problems: Problems, at: Path, volume: DeepReadonly<Volume>): void {
  if (volume.iscsi?.initiatorName === undefined) return;
  if (`${volume.name}:${volume.iscsi.targetPortal}`.length <= 64) return;
  const detail =
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
  problems.invalid(at.child("name"), volume.name, detail);
}

const emptyDir: SourceCheck = (problems, at, source) => {
  const { sizeLimit } = source as EmptyDirVolumeSource;
  if (sizeLimit !== undefined && compareQuantity(sizeLimit, "0") < 0) {
    const detail = "SizeLimit field must be a valid resource quantity";
    problems.forbidden(at.child("sizeLimit"), detail);
  }
};

/** A key of a Secret or ConfigMap, and the file it becomes. */
export function validateKeyToPath(
  problems: Problems,
  at: Path,
  { key, path, mode }: DeepReadonly<KeyToPath>,
): void {
  if (key === "") problems.required(at.child("key"));
  if (path === "") problems.required(at.child("path"));
  validateLocalNonReservedPath(problems, at.child("path"), path);
  validateFileMode(problems, at.child("mode"), mode);
}

const secret: SourceCheck = (problems, at, source) => {
  const { defaultMode, items = [], secretName } = source as SecretVolumeSource;
  if (!secretName) problems.required(at.child("secretName"));
  validateFileMode(problems, at.child("defaultMode"), defaultMode);
  for (const [i, item] of items.entries()) {
    validateKeyToPath(problems, at.child("items").index(i), item);
  }
};

const configMap: SourceCheck = (problems, at, source) => {
  const { defaultMode, items = [], name } = source as ConfigMapVolumeSource;
  if (!name) problems.required(at.child("name"));
  validateFileMode(problems, at.child("defaultMode"), defaultMode);
  for (const [i, item] of items.entries()) {
    validateKeyToPath(problems, at.child("items").index(i), item);
  }
};

const persistentVolumeClaim: SourceCheck = (problems, at, source) => {
  const { claimName } = source as PersistentVolumeClaimVolumeSource;
  if (claimName === "") problems.required(at.child("claimName"));
};

const downwardFields = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

/** A file of the downward API. Upstream reports its errors at the list's owner. */
export function validateDownwardFile(
  problems: Problems,
  at: Path,
  file: DeepReadonly<DownwardAPIVolumeFile>,
): void {
  const { fieldRef, resourceFieldRef, mode, path } = file;
  if (path === "") problems.required(at.child("path"));
  validateLocalNonReservedPath(problems, at.child("path"), path);
  if (fieldRef) {
    validateFieldRef(problems, at.child("fieldRef"), fieldRef, downwardFields);
    if (resourceFieldRef) {
      const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
      problems.invalid(at, "resource", detail);
    }
  } else if (resourceFieldRef) {
    validateResourceFieldRef(problems, at.child("resourceFieldRef"), resourceFieldRef, true);
  } else {
    problems.required(at, "one of fieldRef and resourceFieldRef is required");
  }
  validateFileMode(problems, at.child("mode"), mode);
}

const downwardApi: SourceCheck = (problems, at, source) => {
  const { defaultMode, items = [] } = source as DownwardAPIVolumeSource;
  validateFileMode(problems, at.child("defaultMode"), defaultMode);
  for (const file of items) validateDownwardFile(problems, at, file);
};

const projected: SourceCheck = (problems, at, source) => {
  validateProjected(problems, at, source as ProjectedVolumeSource, {
    keyToPath: validateKeyToPath,
    downwardFile: validateDownwardFile,
  });
};

const csi: SourceCheck = (problems, at, source) => {
  const { driver, nodePublishSecretRef } = source as CSIVolumeSource;
  validateCsiDriverName(problems, at.child("driver"), driver);
  if (!nodePublishSecretRef) return;
  const { name } = nodePublishSecretRef;
  if (!name) problems.required(at.child("nodePublishSecretRef", "name"));
  else problems.each(at.child("name"), name, nameIsSubdomain(name, false));
};

function ephemeral(
  problems: Problems,
  at: Path,
  source: unknown,
  volume: DeepReadonly<Volume>,
  volumeAt: Path,
  { podName }: VolumeContext,
): void {
  const { volumeClaimTemplate } = source as EphemeralVolumeSource;
  const templateAt = at.child("volumeClaimTemplate");
  if (!volumeClaimTemplate) problems.required(templateAt);
  else validateClaimTemplate(problems, templateAt, volumeClaimTemplate);
  if (podName === "" || volume.name === "") return;
  const claim = `${podName}-${volume.name}`;
  for (const message of nameIsSubdomain(claim, false)) {
    problems.invalid(volumeAt.child("name"), volume.name, `PVC name "${claim}": ${message}`);
  }
}

function image(problems: Problems, at: Path, source: unknown, { isPod }: VolumeContext): void {
  const { pullPolicy, reference } = source as ImageVolumeSource;
  if (isPod && !reference) problems.required(at.child("reference"));
  problems.requiredOneOf(at.child("pullPolicy"), pullPolicy, ["Always", "IfNotPresent", "Never"]);
}
