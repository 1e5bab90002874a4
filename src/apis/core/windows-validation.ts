import type { Path } from "#machinery/field-error.ts";
import { dns1123Subdomain } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { eachContainer } from "./container-visit.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { WindowsSecurityContextOptions } from "./security-context.ts";

/** The rules for pods on Windows nodes, and for what only they may say. */

const credentialSpecKiBMax = 64;
const domainMax = 256;
const userMax = 104;
const control = /\p{Cc}/u;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

export function validateWindowsOptions(
  problems: Problems,
  at: Path,
  options: DeepReadonly<WindowsSecurityContextOptions> | undefined,
): void {
  if (!options) return;
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) {
    const path = at.child("gmsaCredentialSpecName");
    problems.each(path, gmsaCredentialSpecName, dns1123Subdomain(gmsaCredentialSpecName));
  }
  if (gmsaCredentialSpec !== undefined) {
    const path = at.child("gmsaCredentialSpec");
    if (gmsaCredentialSpec === "") {
      problems.invalid(path, gmsaCredentialSpec, "gmsaCredentialSpec cannot be an empty string");
    } else if (Buffer.byteLength(gmsaCredentialSpec) > credentialSpecKiBMax * 1024) {
      const detail = `gmsaCredentialSpec size must be under ${credentialSpecKiBMax} KiB`;
      problems.invalid(path, gmsaCredentialSpec, detail);
    }
  }
  if (runAsUserName !== undefined) {
    problems.each(at.child("runAsUserName"), runAsUserName, userNameErrors(runAsUserName));
  }
}

function userNameErrors(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (control.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) as string;
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  const errors: string[] = [];
  if (domain !== undefined) {
    if (domain.length >= domainMax) {
      errors.push(`runAsUserName's Domain length must be under ${domainMax} characters`);
    }
    if (!netBios.test(domain) && !dnsDomain.test(domain)) {
      errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    }
  }
  if (user === "") errors.push("runAsUserName's User cannot be empty");
  else if (user.length > userMax) {
    errors.push(`runAsUserName's User length must not be longer than ${userMax} characters`);
  }
  if (/^[. ]+$/.test(user)) {
    errors.push("runAsUserName's User cannot contain only periods or spaces");
  }
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    errors.push(
      String.raw`runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`,
    );
  }
  return errors;
}

/** HostProcess containers come all or none, and share the node's network. */
export function validateHostProcess(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PodSpec>,
  allowPrivileged: boolean,
): void {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess;
  let containers = 0;
  let hostProcesses = 0;
  eachContainer(spec, at, (container, path) => {
    containers += 1;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (podWide !== undefined && own !== undefined && podWide !== own) {
      problems.invalid(
        path.child("securityContext", "windowsOptions", "hostProcess"),
        own,
        `pod hostProcess value must be identical if both are specified, was ${podWide}`,
      );
    }
    if (own ?? podWide) hostProcesses += 1;
  });
  if (hostProcesses === 0) return;
  if (hostProcesses !== containers) {
    const detail =
      "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    problems.invalid(at, "", detail);
  }
  if (!spec.hostNetwork) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    problems.invalid(at.child("hostNetwork"), false, detail);
  }
  if (!allowPrivileged) {
    problems.forbidden(at, "hostProcess containers are disallowed by cluster policy");
  }
}

/** What `spec.os` rules out. */
export function validateOs(problems: Problems, at: Path, spec: DeepReadonly<PodSpec>): void {
  const os = spec.os;
  if (!os) return;
  if (os.name === "") problems.required(at.child("os", "name"), "cannot be empty");
  else if (os.name === "linux") validateLinux(problems, at, spec);
  else if (os.name === "windows") validateWindows(problems, at, spec);
  else problems.notSupported(at.child("os"), os.name, ["linux", "windows"]);
}

function validateLinux(problems: Problems, at: Path, spec: DeepReadonly<PodSpec>): void {
  const detail = "windows options cannot be set for a linux pod";
  if (spec.securityContext?.windowsOptions) {
    problems.forbidden(at.child("securityContext", "windowsOptions"), detail);
  }
  eachContainer(spec, at, (container, path) => {
    if (container.securityContext?.windowsOptions) {
      problems.forbidden(path.child("securityContext", "windowsOptions"), detail);
    }
  });
}

const podContextFields = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const;
const containerContextFields = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;

function validateWindows(problems: Problems, at: Path, spec: DeepReadonly<PodSpec>): void {
  const detail = "cannot be set for a windows pod";
  const context = spec.securityContext ?? {};
  for (const field of podContextFields) {
    if (context[field] === undefined) continue;
    problems.forbidden(at.child("securityContext", field), detail);
  }
  if (spec.hostUsers !== undefined) problems.forbidden(at.child("hostUsers"), detail);
  if (spec.hostPID) problems.forbidden(at.child("hostPID"), detail);
  if (spec.hostIPC) problems.forbidden(at.child("hostIPC"), detail);
  if (spec.shareProcessNamespace !== undefined) {
    problems.forbidden(at.child("shareProcessNamespace"), detail);
  }
  eachContainer(spec, at, (container, path) => {
    const own = container.securityContext ?? {};
    for (const field of containerContextFields) {
      if (own[field] === undefined) continue;
      problems.forbidden(path.child("securityContext", field), detail);
    }
  });
}
