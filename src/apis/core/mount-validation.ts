import type { Path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { AnyContainer } from "./container-visit.ts";
import type { VolumeMount } from "./container.ts";
import { hasBacksteps, validateLocalDescendingPath } from "./path-validation.ts";
import type { VolumesByName } from "./volume-validation.ts";

/** Where a container's volumes and block devices appear. */

export function validateMounts(
  problems: Problems,
  at: Path,
  container: AnyContainer,
  volumes: VolumesByName,
): void {
  const mounts = container.volumeMounts ?? [];
  const devices = container.volumeDevices ?? [];
  const mountPaths = new Set<string>();
  for (const [i, mount] of mounts.entries()) {
    const { mountPath, name } = mount;
    const path = at.index(i);
    if (name === "") problems.required(path.child("name"));
    if (!volumes.has(name)) problems.notFound(path.child("name"), name);
    if (mountPath === "") problems.required(path.child("mountPath"));
    if (mountPaths.has(mountPath)) {
      problems.invalid(path.child("mountPath"), mountPath, "must be unique");
    }
    mountPaths.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      problems.invalid(path.child("name"), name, "must not already exist in volumeDevices");
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      const detail = "must not already exist as a path in volumeDevices";
      problems.invalid(path.child("mountPath"), mountPath, detail);
    }
    validateSubPaths(problems, { at, path }, mount, volumes.get(name)?.image !== undefined);
    const privileged = container.securityContext?.privileged === true;
    validatePropagation(problems, at, mount, privileged);
  }
}

function validateSubPaths(
  problems: Problems,
  { at, path }: { at: Path; path: Path },
  { subPath, subPathExpr }: DeepReadonly<VolumeMount>,
  isImage: boolean,
): void {
  if (isImage && subPathExpr) {
    const detail = "not allowed in image volume sources";
    problems.invalid(path.child("subPathExpr"), subPathExpr, detail);
  }
  // Upstream reports these at the list, not at its item.
  if (subPath) validateLocalDescendingPath(problems, at.child("subPath"), subPath);
  if (!subPathExpr) return;
  if (subPath) {
    const detail = "subPathExpr and subPath are mutually exclusive";
    problems.invalid(path.child("subPathExpr"), subPathExpr, detail);
  }
  validateLocalDescendingPath(problems, at.child("subPathExpr"), subPathExpr);
}

function validatePropagation(
  problems: Problems,
  at: Path,
  { mountPropagation, readOnly, recursiveReadOnly }: DeepReadonly<VolumeMount>,
  privileged: boolean,
): void {
  const propagationAt = at.child("mountPropagation");
  problems.oneOf(propagationAt, mountPropagation, ["Bidirectional", "HostToContainer", "None"]);
  if (mountPropagation === "Bidirectional" && !privileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    problems.forbidden(propagationAt, detail);
  }
  const recursiveAt = at.child("recursiveReadOnly");
  problems.oneOf(recursiveAt, recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"]);
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") return;
  if (!readOnly) problems.forbidden(recursiveAt, "may only be specified when readOnly is true");
  if (mountPropagation !== undefined && mountPropagation !== "None") {
    const detail = "may only be specified when mountPropagation is None or not specified";
    problems.forbidden(recursiveAt, detail);
  }
}

export function validateDevices(
  problems: Problems,
  at: Path,
  container: AnyContainer,
  volumes: VolumesByName,
): void {
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, { devicePath, name }] of (container.volumeDevices ?? []).entries()) {
    const nameAt = at.index(i).child("name");
    const pathAt = at.index(i).child("devicePath");
    const volume = volumes.get(name);
    if (name === "") problems.required(nameAt);
    if (names.has(name)) problems.invalid(nameAt, name, "must be unique");
    if (!volume) problems.notFound(nameAt, name);
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail =
        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      problems.invalid(nameAt, name, detail);
    }
    if (devicePath === "") problems.required(pathAt);
    if (paths.has(devicePath)) problems.invalid(pathAt, devicePath, "must be unique");
    if (hasBacksteps(devicePath)) {
      problems.invalid(pathAt, devicePath, "can not contain backsteps ('..')");
    } else {
      paths.add(devicePath);
    }
    if (mounts.some((mount) => mount.name === name)) {
      problems.invalid(nameAt, name, "must not already exist in volumeMounts");
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      problems.invalid(pathAt, devicePath, "must not already exist as a path in volumeMounts");
    }
    if (name !== "") names.add(name);
  }
}
