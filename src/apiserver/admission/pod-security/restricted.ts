import type { Volume } from "#apis/core/volume.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { forbiddenSeccomp } from "./baseline.ts";
import {
  type Check,
  containersNamed,
  containersOf,
  type ContainerLike,
  hasUserNamespace,
  isWindows,
  namesWhere,
  plural,
  quoted,
  setters,
  sorted,
  type Subject,
  type Violation,
} from "./check.ts";

/**
 * What the restricted standard asks for beyond the baseline: today's best practice.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */

type CheckFunction = (subject: Subject) => Violation | undefined;

function unless(exempt: (subject: Subject) => boolean, check: CheckFunction): CheckFunction {
  return (subject) => (exempt(subject) ? undefined : check(subject));
}

function privilegeEscalation(subject: Subject): Violation | undefined {
  const bad = namesWhere(subject, (one) => one.securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${containersNamed(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function capabilities(subject: Subject): Violation | undefined {
  const dropsAll = (one: ContainerLike) =>
    one.securityContext?.capabilities?.drop?.includes("ALL") === true;
  const added = (one: ContainerLike) =>
    (one.securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = namesWhere(subject, (one) => !dropsAll(one));
  const adding = namesWhere(subject, (one) => added(one).length > 0);
  const names = quoted(sorted(containersOf(subject).flatMap(added)));
  const details = [
    ...(keeping.length > 0
      ? [`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [`${containersNamed(adding)} must not include ${names} in securityContext.capabilities.add`]
      : []),
  ];
  if (details.length === 0) return undefined;
  return { reason: "unrestricted capabilities", detail: details.join("; ") };
}

const allowedVolumes = new Set([
  "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
  "secret",
]); // prettier-ignore
const knownVolumes = new Set([
  "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs",
  "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte",
  "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
]); // prettier-ignore

function volumeTypes({ spec }: Subject): Violation | undefined {
  const sources = (volume: DeepReadonly<Volume>) =>
    Object.entries(volume).flatMap(([key, value]) => (key === "name" || !value ? [] : [key]));
  const bad = (spec.volumes ?? []).filter(
    (volume) => !sources(volume).some((key) => allowedVolumes.has(key)),
  );
  if (bad.length === 0) return undefined;
  const types = sorted(
    bad.map((volume) => sources(volume).find((key) => knownVolumes.has(key)) ?? "unknown"),
  );
  const names = quoted(bad.map(({ name }) => name));
  const verb = plural(bad.length, "uses", "use");
  const what = plural(types.length, "restricted volume type");
  return {
    reason: "restricted volume types",
    detail: `${plural(bad.length, "volume")} ${names} ${verb} ${what} ${quoted(types)}`,
  };
}

function runAsNonRoot(subject: Subject): Violation | undefined {
  const pod = subject.spec.securityContext?.runAsNonRoot;
  const own = (one: ContainerLike) => one.securityContext?.runAsNonRoot;
  const refusing = namesWhere(subject, (one) => own(one) === false);
  const reason = "runAsNonRoot != true";
  if (pod === false || refusing.length > 0) {
    const who = setters(pod === false, refusing);
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  const silent = namesWhere(subject, (one) => own(one) === undefined && pod !== true);
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersNamed(silent)} must set securityContext.runAsNonRoot=true`;
  return { reason, detail };
}

function runAsUser(subject: Subject): Violation | undefined {
  const pod = subject.spec.securityContext?.runAsUser === 0;
  const bad = namesWhere(subject, (one) => one.securityContext?.runAsUser === 0);
  if (!pod && bad.length === 0) return undefined;
  return { reason: "runAsUser=0", detail: `${setters(pod, bad)} must not set runAsUser=0` };
}

function seccomp(subject: Subject): Violation | undefined {
  const forbidden = forbiddenSeccomp(subject);
  if (forbidden) return forbidden;
  const pod = subject.spec.securityContext?.seccompProfile !== undefined;
  const silent = namesWhere(subject, (one) => !one.securityContext?.seccompProfile && !pod);
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersNamed(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: "seccompProfile", detail };
}

/** In the order in which violations are told, after those of the baseline. */
export const restrictedChecks: readonly Check[] = [
  {
    id: "allowPrivilegeEscalation",
    versions: [
      { since: 8, check: privilegeEscalation },
      { since: 25, check: unless(isWindows, privilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    versions: [
      { since: 22, replaces: ["capabilities_baseline"], check: capabilities },
      { since: 25, replaces: ["capabilities_baseline"], check: unless(isWindows, capabilities) },
    ],
  },
  {
    id: "restrictedVolumes",
    versions: [{ since: 0, replaces: ["hostPathVolumes"], check: volumeTypes }],
  },
  {
    id: "runAsNonRoot",
    versions: [
      { since: 0, check: runAsNonRoot },
      { since: 35, check: unless(hasUserNamespace, runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    versions: [
      { since: 23, check: runAsUser },
      { since: 35, check: unless(hasUserNamespace, runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    versions: [
      { since: 19, replaces: ["seccompProfile_baseline"], check: seccomp },
      { since: 25, replaces: ["seccompProfile_baseline"], check: unless(isWindows, seccomp) },
    ],
  },
];
