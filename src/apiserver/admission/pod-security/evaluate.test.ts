import { describe, expect, test } from "vitest";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import { detailsOf, reasonsOf, violationsOf } from "./evaluate.ts";
import { type Level, latest, policyOf } from "./policy.ts";

function check(level: Level, spec: object, minor = latest, annotations = {}) {
  return violationsOf({ level, minor }, { annotations, spec: spec as PodSpec });
}

const container = (securityContext: object = {}, more: object = {}) => ({
  containers: [{ name: "c", image: "a", securityContext, ...more }],
});
const good = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
const restricted = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
};

describe("the baseline forbids", () => {
  test.each([
    ["hostNetwork", { ...container(), hostNetwork: true, hostPID: true }, "host namespaces (hostNetwork=true, hostPID=true)"],
    ["privileged", container({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    ["capabilities", container({ capabilities: { add: ["SYS_ADMIN", "CHOWN"] } }), 'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)'],
    ["hostPath", { ...container(), volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
    ["hostPort", container({}, { ports: [{ hostPort: 80 }, { hostPort: 81 }] }), 'hostPort (container "c" uses hostPorts 80, 81)'],
    ["probe hosts", container({}, { livenessProbe: { httpGet: { host: "h" } } }), 'probe or lifecycle host (container "c" uses probe or lifecycle host "h")'],
    ["AppArmor", { ...container(), securityContext: { appArmorProfile: { type: "Unconfined" } } }, 'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")'],
    ["SELinux", container({ seLinuxOptions: { type: "t", user: "u" } }), 'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "t"; user may not be set)'],
    ["procMount", container({ procMount: "Unmasked" }), 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
    ["seccomp", container({ seccompProfile: { type: "Unconfined" } }), 'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")'],
    ["sysctls", { ...container(), securityContext: { sysctls: [{ name: "a" }, { name: "net.ipv4.tcp_rmem" }] } }, "forbidden sysctls (a)"],
    ["hostProcess", { ...container(), securityContext: { windowsOptions: { hostProcess: true } } }, "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"],
  ])("%s", (_what, spec, message) => {
    expect(detailsOf(check("baseline", spec))).toBe(message);
    expect(check("privileged", spec)).toEqual([]);
  }); // prettier-ignore

  test("nothing of an ordinary pod", () => {
    expect(check("baseline", container())).toEqual([]);
  });
});

describe("the restricted standard", () => {
  test("says all that a plain pod lacks, in upstream's words", () => {
    expect(detailsOf(check("restricted", container()))).toBe(
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  test("is content with a pod that does as told", () => {
    expect(check("restricted", { ...container(good), ...restricted })).toEqual([]);
  });

  test.each([
    ["hostPath is told once, as a type", { volumes: [{ name: "v", hostPath: { path: "/" } }] }, "restricted volume types"],
    ["an unknown type", { volumes: [{ name: "v", image: { reference: "r" } }] }, "restricted volume types"],
    ["root by number", { securityContext: { ...restricted.securityContext, runAsUser: 0 } }, "runAsUser=0"],
    ["a container that wants to be root", container({ ...good, runAsNonRoot: false }), "runAsNonRoot != true"],
    ["an init container", { initContainers: [{ name: "i", image: "a", securityContext: { capabilities: { drop: ["ALL"] } } }] }, "allowPrivilegeEscalation != false"],
  ])("%s", (_what, more, reasons) => {
    expect(reasonsOf(check("restricted", { ...container(good), ...restricted, ...more }))).toBe(reasons);
  }); // prettier-ignore

  test.each([
    [18, "allowPrivilegeEscalation != false, runAsNonRoot != true"],
    [21, "allowPrivilegeEscalation != false, runAsNonRoot != true, seccompProfile"],
    [7, "runAsNonRoot != true"],
  ])("as v1.%i had it", (minor, reasons) => {
    expect(reasonsOf(check("restricted", container(), minor))).toBe(reasons);
  });

  test("asks less of Windows pods and of pods with their own users", () => {
    const windows = { ...container(), os: { name: "windows" } };
    expect(reasonsOf(check("restricted", windows))).toBe("runAsNonRoot != true");
    const users = { ...container(good), hostUsers: false };
    expect(reasonsOf(check("restricted", users))).toBe("seccompProfile");
  });
});

test("labels that cannot be read are as strict as can be, and told", () => {
  const { policy, errors } = policyOf({
    "pod-security.kubernetes.io/enforce": "bogus",
    "pod-security.kubernetes.io/warn": "bogus",
    "pod-security.kubernetes.io/audit-version": "v9",
  });
  expect(policy).toEqual({
    enforce: { level: "restricted", minor: latest },
    audit: { level: "privileged", minor: latest },
    warn: { level: "privileged", minor: latest },
  });
  expect(errors.map(({ field }) => field)).toEqual([
    "metadata.labels[pod-security.kubernetes.io/enforce]",
    "metadata.labels[pod-security.kubernetes.io/audit-version]",
    "metadata.labels[pod-security.kubernetes.io/warn]",
  ]);
});
