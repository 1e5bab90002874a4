import type { Path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { allContainers, eachContainer } from "./container-visit.ts";
import { validateLocalDescendingPath } from "./path-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { AppArmorProfile, SeccompProfile } from "./security-context.ts";

/** Annotations of pods that mean something to the cluster. */

export const mirrorPodAnnotation = "kubernetes.io/config.mirror";
const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const seccompPodAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";
const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

type Annotations = Readonly<Record<string, string>> | undefined;

export function validatePodAnnotations(
  problems: Problems,
  at: Path,
  annotations: Annotations,
  spec: DeepReadonly<PodSpec>,
  allowBadDeletionCost = false,
): void {
  const mirror = annotations?.[mirrorPodAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    const detail = "must set spec.nodeName if mirror pod annotation is set";
    problems.invalid(at.key(mirrorPodAnnotation), mirror, detail);
  }
  const cost = annotations?.[deletionCostAnnotation];
  if (cost !== undefined && !allowBadDeletionCost && !isDeletionCost(cost)) {
    problems.invalid(at.key(deletionCostAnnotation), cost, "must be a 32bit integer");
  }
  for (const key in annotations) {
    const value = annotations[key] ?? "";
    if (key === seccompPodAnnotation || key.startsWith(seccompContainerPrefix)) {
      validateSeccompName(problems, at.child(key), value);
    } else if (key.startsWith(appArmorPrefix)) {
      const container = key.slice(appArmorPrefix.length);
      if (!allContainers(spec).some(({ name }) => name === container)) {
        problems.invalid(at.key(key), container, "container not found");
      }
      if (!/^($|runtime\/default$|unconfined$|localhost\/)/.test(value)) {
        const detail = `invalid AppArmor profile name: ${JSON.stringify(value)}`;
        problems.invalid(at.key(key), value, detail);
      }
    }
  }
}

const int32Max = 2 ** 31 - 1;

/** Whether an annotation's value is a deletion cost: a plain 32-bit integer. */
export function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return false;
  const value = Number(text);
  return value <= int32Max && value >= -int32Max - 1;
}

function validateSeccompName(problems: Problems, at: Path, name: string): void {
  if (name === "runtime/default" || name === "docker/default" || name === "unconfined") return;
  if (name.startsWith("localhost/")) {
    validateLocalDescendingPath(problems, at, name.slice("localhost/".length));
  } else {
    problems.invalid(at, name, "must be a valid seccomp profile");
  }
}

/** Where annotation and field both name a profile, they must name the same. */
export function validateProfilesMatch(
  problems: Problems,
  at: Path,
  annotations: Annotations,
  spec: DeepReadonly<PodSpec>,
): void {
  if (!annotations) return;
  const podContext = spec.securityContext;
  const podSeccomp = annotations[seccompPodAnnotation];
  if (podSeccomp !== undefined && podContext?.seccompProfile) {
    const path = at.child("securityContext", "seccompProfile");
    matchProfile(problems, path, "seccomp", podSeccomp, podContext.seccompProfile);
  }
  eachContainer(spec, at, (container, path) => {
    const context = container.securityContext;
    const seccomp = annotations[seccompContainerPrefix + container.name];
    if (seccomp !== undefined && context?.seccompProfile) {
      const place = path.child("securityContext", "seccompProfile");
      matchProfile(problems, place, "seccomp", seccomp, context.seccompProfile);
    }
    const profile = context?.appArmorProfile ?? podContext?.appArmorProfile;
    const appArmor = annotations[appArmorPrefix + container.name];
    if (appArmor !== undefined && profile && spec.os?.name !== "windows") {
      const place = path.child("securityContext", "appArmorProfile");
      matchProfile(problems, place, "apparmor", appArmor, profile);
    }
  });
}

function matchProfile(
  problems: Problems,
  at: Path,
  what: "seccomp" | "apparmor",
  annotation: string,
  { localhostProfile, type }: DeepReadonly<SeccompProfile | AppArmorProfile>,
): void {
  const wrongType = () =>
    problems.forbidden(at.child("type"), `${what} type in annotation and field must match`);
  if (type === "Unconfined") {
    if (annotation !== "unconfined") wrongType();
  } else if (type === "RuntimeDefault") {
    const old = what === "seccomp" && annotation === "docker/default";
    if (annotation !== "runtime/default" && !old) wrongType();
  } else if (type === "Localhost") {
    const prefix = "localhost/";
    if (!annotation.startsWith(prefix)) wrongType();
    else if (annotation.slice(prefix.length) !== localhostProfile) {
      const detail = `${what} profile in annotation and field must match`;
      problems.forbidden(at.child("localhostProfile"), detail);
    }
  }
}

/** Which annotations a pod's update may not touch. */
export function validatePodAnnotationUpdate(
  problems: Problems,
  at: Path,
  annotations: Annotations,
  old: Annotations,
): void {
  for (const key in old) {
    if (annotations?.[key] === old[key]) continue;
    if (key.startsWith(appArmorPrefix)) {
      problems.forbidden(at.key(key), "may not remove or update AppArmor annotations");
    }
    if (key === mirrorPodAnnotation) {
      problems.forbidden(at.key(key), "may not remove or update mirror pod annotation");
    }
  }
  for (const key in annotations) {
    if (old?.[key] !== undefined) continue;
    if (key.startsWith(appArmorPrefix)) {
      problems.forbidden(at.key(key), "may not add AppArmor annotations");
    }
    if (key === mirrorPodAnnotation) {
      problems.forbidden(at.key(key), "may not add mirror pod annotation");
    }
  }
}
