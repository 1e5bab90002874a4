import { path as pathOf, type Path } from "#machinery/field-error.ts";
import { nameIsLabel, nameIsSubdomain } from "#machinery/names.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import {
  negativeMessage,
  notPositiveMessage,
  type Problems,
} from "#machinery/validation/problems.ts";
import { validateNodeSelector } from "./affinity-validation.ts";
import { accessModes } from "./claim-validation.ts";
import { validateNoBacksteps } from "./path-validation.ts";
import type {
  AzureFilePersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
} from "./persistent-volume-sources.ts";
import type { PersistentVolumeSpec } from "./persistent-volume.ts";
import {
  cinder,
  iscsi,
  sharedSources,
  type SourceCheck,
  storageos,
  validateCsiDriverName,
  validateOneSource,
  validateSecretReference,
} from "./vendor-volume-validation.ts";

/** The rules for what a PersistentVolume is, by itself or inline in a VolumeAttachment. */

type Spec = DeepReadonly<PersistentVolumeSpec>;

const reclaimPolicies = ["Delete", "Recycle", "Retain"];
const volumeModes = ["Block", "Filesystem"];
const inlineOnly = "in the context of inline volumes";
const notInline = `may not be specified ${inlineOnly}`;

const shared = (field: string): readonly [string, SourceCheck] => [
  field,
  sharedSources[field] as SourceCheck,
];

function glusterfs(problems: Problems, at: Path, source: unknown): void {
  sharedSources["glusterfs"]?.(problems, at, source);
  const { endpointsNamespace } = source as DeepReadonly<GlusterfsPersistentVolumeSource>;
  if (endpointsNamespace === undefined) return;
  const place = at.child("endpointsNamespace");
  if (endpointsNamespace === "") {
    const detail = "if the endpointnamespace is set, it must be a valid namespace name";
    problems.invalid(place, endpointsNamespace, detail);
  } else {
    problems.each(place, endpointsNamespace, nameIsLabel(endpointsNamespace, false));
  }
}

/** iSCSI initiators are told apart by `<volume name>:<portal>`, which must be short. */
const portalBytesMax = 64;
const longPortal =
  "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

const iscsiOf =
  (name: string): SourceCheck =>
  (problems, at, source) => {
    const { initiatorName, secretRef, targetPortal } =
      source as DeepReadonly<ISCSIPersistentVolumeSource>;
    if (initiatorName !== undefined && `${name}:${targetPortal}`.length > portalBytesMax) {
      problems.invalid(at.child("targetportal"), targetPortal, longPortal);
    }
    iscsi(problems, at, source);
    validateSecretReference(problems, at.child("secretRef"), secretRef, "name");
  };

function azureFile(problems: Problems, at: Path, source: unknown): void {
  sharedSources["azureFile"]?.(problems, at, source);
  const { secretNamespace } = source as DeepReadonly<AzureFilePersistentVolumeSource>;
  if (secretNamespace === "") problems.required(at.child("secretNamespace"));
}

const secretRefs = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodeStageSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
] as const;

function csi(problems: Problems, at: Path, source: unknown): void {
  const { driver, volumeHandle, ...rest } = source as DeepReadonly<CSIPersistentVolumeSource>;
  validateCsiDriverName(problems, at.child("driver"), driver);
  if (volumeHandle === "") problems.required(at.child("volumeHandle"));
  for (const field of secretRefs) {
    validateSecretReference(problems, at.child(field), rest[field], "name", "namespace");
  }
}

function sourceChecks(
  name: string,
  nodeAffinity: boolean,
): readonly (readonly [string, SourceCheck])[] {
  const local: SourceCheck = (problems, at, source) => {
    const { path } = source as DeepReadonly<LocalVolumeSource>;
    if (path === "") problems.required(at.child("path"));
    else validateNoBacksteps(problems, at.child("path"), path);
    if (!nodeAffinity) {
      problems.required(pathOf("spec", "nodeAffinity"), "Local volume requires node affinity");
    }
  };
  return [
    ...["hostPath", "gcePersistentDisk", "awsElasticBlockStore"].map(shared),
    ["glusterfs", glusterfs],
    ...["flocker", "nfs", "rbd", "quobyte", "cephfs"].map(shared),
    ["iscsi", iscsiOf(name)],
    ["cinder", cinder("name", "namespace")],
    ...["fc", "flexVolume"].map(shared),
    ["azureFile", azureFile],
    ...["vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO"].map(
      shared,
    ),
    ["local", local],
    ["storageos", storageos("name", "namespace")],
    ["csi", csi],
  ];
}

/** `name`: that of the PersistentVolume. `isInline`: it is none, but part of an attachment. */
export function validatePersistentVolumeSpec(
  problems: Problems,
  at: Path,
  spec: Spec,
  { isInline, name }: { isInline: boolean; name: string },
): void {
  if (isInline) {
    if (spec.claimRef) problems.forbidden(at.child("claimRef"), notInline);
    if (Object.keys(spec.capacity ?? {}).length > 0) {
      problems.forbidden(at.child("capacity"), notInline);
    }
    if (!spec.csi) problems.required(at.child("csi"), `has to be specified ${inlineOnly}`);
  }
  validateVolumeModes(problems, at, spec);
  if (!isInline) validateCapacity(problems, at.child("capacity"), spec.capacity ?? {});
  validateReclaim(problems, at.child("persistentVolumeReclaimPolicy"), spec, isInline);
  validateVolumeAffinity(problems, at.child("nodeAffinity"), spec, isInline);
  validateOneSource(problems, at, spec, sourceChecks(name, spec.nodeAffinity !== undefined));
  if (isRoot(spec.hostPath?.path) && spec.persistentVolumeReclaimPolicy === "Recycle") {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    problems.forbidden(at.child("persistentVolumeReclaimPolicy"), detail);
  }
  validateClasses(problems, at, spec, isInline);
}

function isRoot(hostPath: string | undefined): boolean {
  return hostPath !== undefined && /^\/[/.]*$/.test(hostPath);
}

function validateVolumeModes(
  problems: Problems,
  at: Path,
  { accessModes: modes = [] }: Spec,
): void {
  const place = at.child("accessModes");
  if (modes.length === 0) problems.required(place);
  for (const mode of modes) problems.oneOf(place, mode, accessModes);
  const others = modes.some(
    (mode) => mode !== "ReadWriteOncePod" && (accessModes as readonly string[]).includes(mode),
  );
  if (others && modes.includes("ReadWriteOncePod")) {
    problems.forbidden(place, "may not use ReadWriteOncePod with other access modes");
  }
}

function validateCapacity(
  problems: Problems,
  at: Path,
  capacity: Readonly<Record<string, string>>,
): void {
  const names = Object.keys(capacity);
  if (names.length === 0) problems.required(at);
  if (capacity["storage"] === undefined || names.length > 1) {
    problems.notSupported(at, capacity, ["storage"]);
  }
  for (const [name, quantity] of Object.entries(capacity)) {
    const place = at.key(name);
    if (compareQuantity(quantity, "0") < 0) problems.invalid(place, quantity, negativeMessage);
    if (compareQuantity(quantity, "0") <= 0) problems.invalid(place, quantity, notPositiveMessage);
  }
}

function validateReclaim(problems: Problems, at: Path, spec: Spec, isInline: boolean): void {
  const policy = spec.persistentVolumeReclaimPolicy;
  if (!policy) return;
  if (!isInline) problems.oneOf(at, policy, reclaimPolicies);
  else if (policy !== "Retain") problems.forbidden(at, `may only be Retain ${inlineOnly}`);
}

function validateVolumeAffinity(problems: Problems, at: Path, spec: Spec, isInline: boolean): void {
  const { nodeAffinity } = spec;
  if (!nodeAffinity) return;
  if (isInline) problems.forbidden(at, notInline);
  if (nodeAffinity.required) {
    validateNodeSelector(problems, at.child("required"), nodeAffinity.required);
  } else {
    problems.required(at.child("required"), "must specify required node constraints");
  }
}

function validateClasses(problems: Problems, at: Path, spec: Spec, isInline: boolean): void {
  const { storageClassName, volumeAttributesClassName: attributes, volumeMode } = spec;
  if (storageClassName) {
    const place = at.child("storageClassName");
    if (isInline) problems.forbidden(place, notInline);
    else problems.each(place, storageClassName, nameIsSubdomain(storageClassName, false));
  }
  if (volumeMode !== undefined) {
    const place = at.child("volumeMode");
    if (!isInline) problems.oneOf(place, volumeMode, volumeModes);
    else if (volumeMode !== "Filesystem") {
      problems.forbidden(place, `may not specify volumeMode other than Filesystem ${inlineOnly}`);
    }
  }
  if (attributes === undefined) return;
  const place = at.child("volumeAttributesClassName");
  if (isInline) problems.forbidden(place, notInline);
  if (attributes === "") problems.required(place, "an empty string is disallowed");
  else problems.each(place, attributes, nameIsSubdomain(attributes, false));
  if (!spec.csi) {
    const detail = "has to be specified when using volumeAttributesClassName";
    problems.required(at.child("csi"), detail);
  }
}
