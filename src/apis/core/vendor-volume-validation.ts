import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain, rangeMessage } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { PersistentVolumeSpec } from "./persistent-volume.ts";
import { validateLocalDescendingPath, validateNoBacksteps } from "./path-validation.ts";
import type { FCVolumeSource } from "./storage-volumes.ts";
import type { Volume } from "./volume.ts";

/** The rules for volume sources that pods and PersistentVolumes have alike. */

type Sources = DeepReadonly<Omit<Volume, "name"> & PersistentVolumeSpec>;
/** Every source of a volume, as a pod or as a PersistentVolume has it. */
export type VolumeSources = { readonly [K in keyof Sources]?: unknown };
type SourceOf<K extends keyof Volume> = NonNullable<DeepReadonly<Volume>[K]>;

export type SourceCheck = (problems: Problems, at: Path, source: unknown) => void;

function check<K extends keyof Volume>(
  _field: K,
  run: (problems: Problems, at: Path, source: SourceOf<K>) => void,
): SourceCheck {
  return (problems, at, source) => run(problems, at, source as SourceOf<K>);
}

function requireFields(
  problems: Problems,
  at: Path,
  source: { readonly [field: string]: unknown },
  ...fields: readonly string[]
): void {
  for (const field of fields) {
    const value = source[field];
    if (!value || (Array.isArray(value) && value.length === 0)) problems.required(at.child(field));
  }
}

const requires =
  (...fields: readonly string[]): SourceCheck =>
  (problems, at, source) =>
    requireFields(problems, at, source as Record<string, unknown>, ...fields);

/** A disk of a cloud: its name, and one of 255 partitions. */
const disk =
  (name: string): SourceCheck =>
  (problems, at, source) => {
    const { partition = 0, ...rest } = source as { partition?: number; [field: string]: unknown };
    requireFields(problems, at, rest, name);
    if (partition < 0 || partition > 255) {
      problems.invalid(at.child("partition"), partition, rangeMessage(1, 255));
    }
  };

const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

const iqnFormats: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function iqnErrors(name: string): string[] {
  const format = iqnFormats[name.slice(0, 3)];
  if (!format) return ["must be valid format starting with iqn, eui, or naa"];
  return format.test(name) ? [] : ["must be valid format"];
}

/** iSCSI targets; a PersistentVolume's secret must be named too. */
export const iscsi: SourceCheck = check("iscsi", (problems, at, source) => {
  if (source.targetPortal === "") problems.required(at.child("targetPortal"));
  problems.name(at.child("iqn"), source.iqn, iqnErrors);
  if (source.lun < 0 || source.lun > 255) {
    problems.invalid(at.child("lun"), source.lun, rangeMessage(0, 255));
  }
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
    problems.required(at.child("secretRef"));
  }
  if (source.initiatorName !== undefined) {
    problems.each(at.child("initiatorname"), source.initiatorName, iqnErrors(source.initiatorName));
  }
});

function validateFc(problems: Problems, at: Path, source: DeepReadonly<FCVolumeSource>): void {
  const { lun } = source;
  const names = source.targetWWNs ?? [];
  const ids = source.wwids ?? [];
  const namesAt = at.child("targetWWNs");
  if (names.length === 0 && ids.length === 0) {
    problems.required(namesAt, "must specify either targetWWNs or wwids, but not both");
  }
  if (names.length === 0) return;
  if (ids.length > 0) {
    const detail = "targetWWNs and wwids can not be specified simultaneously";
    problems.invalid(namesAt, names, detail);
  }
  if (lun === undefined) {
    problems.required(at.child("lun"), "lun is required if targetWWNs is specified");
  } else if (lun < 0 || lun > 255) {
    problems.invalid(at.child("lun"), lun, rangeMessage(0, 255));
  }
}

const hostAndPort = /^(\[[^\]]*\]|[^:[\]]*):[^:]*$/;

const quobyte: SourceCheck = check("quobyte", (problems, at, { registry, tenant = "", volume }) => {
  const detail = "must be a host:port pair or multiple pairs separated by commas";
  if (registry === "") problems.required(at.child("registry"), detail);
  else if (tenant.length >= 65) {
    const tooLong = "must be a UUID and may not exceed a length of 64 characters";
    problems.required(at.child("tenant"), tooLong);
  } else {
    for (const pair of registry.split(",")) {
      if (!hostAndPort.test(pair)) problems.invalid(at.child("registry"), registry, detail);
    }
  }
  if (volume === "") problems.required(at.child("volume"));
});

const flocker: SourceCheck = check("flocker", (problems, at, source) => {
  const { datasetName = "", datasetUUID = "" } = source;
  if (datasetName === "" && datasetUUID === "") {
    problems.required(at, "one of datasetName and datasetUUID is required");
  }
  if (datasetName !== "" && datasetUUID !== "") {
    const detail = "datasetName and datasetUUID can not be specified simultaneously";
    problems.invalid(at, "resource", detail);
  }
  if (datasetName.includes("/")) {
    problems.invalid(at.child("datasetName"), datasetName, "must not contain '/'");
  }
});

const flexVolume: SourceCheck = check("flexVolume", (problems, at, source) => {
  if (source.driver === "") problems.required(at.child("driver"));
  for (const key in source.options) {
    const domain = `.${key.split("/")[0]?.toLowerCase()}`;
    if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io")) {
      const detail = "kubernetes.io and k8s.io namespaces are reserved";
      problems.invalid(at.child("options").key(key), key, detail);
    }
  }
});

const managedDisk =
  "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

const azureDisk: SourceCheck = check("azureDisk", (problems, at, source) => {
  const { cachingMode, diskURI, kind } = source;
  requireFields(problems, at, source, "diskName", "diskURI");
  problems.oneOf(at.child("cachingMode"), cachingMode, ["None", "ReadOnly", "ReadWrite"]);
  problems.oneOf(at.child("kind"), kind, ["Dedicated", "Managed", "Shared"]);
  if (kind === undefined) return;
  const managed = kind === "Managed";
  if (!diskURI.startsWith(managed ? "/subscriptions/" : "https://")) {
    problems.notSupported(at.child("diskURI"), diskURI, [managed ? managedDisk : blobDisk]);
  }
});

/** A secret by name and, in PersistentVolumes, namespace. */
export function validateSecretReference(
  problems: Problems,
  at: Path,
  secret: unknown,
  ...fields: readonly string[]
): void {
  if (secret) requireFields(problems, at, secret as Record<string, unknown>, ...fields);
}

export function storageos(...secretFields: readonly string[]): SourceCheck {
  return check("storageos", (problems, at, { volumeName, volumeNamespace, secretRef }) => {
    problems.name(at.child("volumeName"), volumeName, dns1123Label);
    if (volumeNamespace) {
      problems.each(at.child("volumeNamespace"), volumeNamespace, dns1123Label(volumeNamespace));
    }
    validateSecretReference(problems, at.child("secretRef"), secretRef, ...secretFields);
  });
}

export function cinder(...secretFields: readonly string[]): SourceCheck {
  return check("cinder", (problems, at, source) => {
    requireFields(problems, at, source, "volumeID");
    validateSecretReference(problems, at.child("secretRef"), source.secretRef, ...secretFields);
  });
}

export const hostPath: SourceCheck = check("hostPath", (problems, at, { path, type }) => {
  if (path === "") {
    problems.required(at.child("path"));
    return;
  }
  validateNoBacksteps(problems, at.child("path"), path);
  problems.oneOf(at.child("type"), type, hostPathTypes);
});

export const nfs: SourceCheck = check("nfs", (problems, at, source) => {
  requireFields(problems, at, source, "server", "path");
  if (!source.path.startsWith("/")) {
    problems.invalid(at.child("path"), source.path, "must be an absolute path");
  }
});

export const gitRepo: SourceCheck = check("gitRepo", (problems, at, source) => {
  requireFields(problems, at, source, "repository");
  validateLocalDescendingPath(problems, at.child("directory"), source.directory ?? "");
});

/** The driver's name of a CSI volume. */
export function validateCsiDriverName(problems: Problems, at: Path, name: string): void {
  if (name === "") problems.required(at);
  problems.maxBytes(at, name, 63);
  if (name !== "") problems.each(at, name, dns1123Subdomain(name.toLowerCase()));
}

/** What pods and PersistentVolumes check alike, by field. */
export const sharedSources: Readonly<Record<string, SourceCheck>> = {
  hostPath,
  nfs,
  flocker,
  flexVolume,
  quobyte,
  azureDisk,
  fc: check("fc", validateFc),
  gcePersistentDisk: disk("pdName"),
  awsElasticBlockStore: disk("volumeID"),
  glusterfs: requires("endpoints", "path"),
  rbd: requires("monitors", "image"),
  cephfs: requires("monitors"),
  azureFile: requires("secretName", "shareName"),
  vsphereVolume: requires("volumePath"),
  photonPersistentDisk: requires("pdID"),
  portworxVolume: requires("volumeID"),
  scaleIO: requires("gateway", "system", "volumeName"),
};

/** Where a field's errors are reported when it is not at its own name. */
const places: Readonly<Record<string, { second?: string; inside?: string }>> = {
  gcePersistentDisk: { inside: "persistentDisk" },
  cephfs: { second: "cephFS" },
  downwardAPI: { second: "downwarAPI" },
};

/** Checks that there is exactly one source, and that one. Returns whether there is any. */
export function validateOneSource(
  problems: Problems,
  at: Path,
  sources: VolumeSources,
  checks: readonly (readonly [field: string, check: SourceCheck])[],
): void {
  let count = 0;
  for (const [field, run] of checks) {
    const source = (sources as Readonly<Record<string, unknown>>)[field];
    if (source === undefined) continue;
    count += 1;
    if (count > 1) {
      const place = places[field]?.second ?? field;
      problems.forbidden(at.child(place), "may not specify more than 1 volume type");
    } else {
      run(problems, at.child(places[field]?.inside ?? field), source);
    }
  }
  if (count === 0) problems.required(at, "must specify a volume type");
}
