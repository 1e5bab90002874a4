import type { Path } from "#machinery/field-error.ts";
import { configMapKey, envVarName, nameIsSubdomain, qualifiedName } from "#machinery/names.ts";
import { canonicalQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from "./env.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "./field-selectors.ts";
import { validateLocalNonReservedPath } from "./path-validation.ts";

const envFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const resourceFields = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
/** Fields that the downward API can name at all. */
const knownFields = new Set([
  ...envFields,
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.hostNetwork",
  "status.phase",
  "status.nominatedNodeName",
]);

/** What an `env` may refer to: volumes by name, for `fileKeyRef`. */
export interface EnvContext {
  readonly isEmptyDir: (volume: string) => boolean | undefined;
}

export function validateEnv(
  problems: Problems,
  at: Path,
  env: readonly DeepReadonly<EnvVar>[],
  context: EnvContext,
): void {
  for (const [i, variable] of env.entries()) {
    const path = at.index(i);
    problems.name(path.child("name"), variable.name, envVarName);
    if (variable.valueFrom) {
      const from = path.child("valueFrom");
      validateValueFrom(problems, from, variable.valueFrom, variable.value ?? "", context);
    }
  }
}

function validateValueFrom(
  problems: Problems,
  at: Path,
  source: DeepReadonly<EnvVarSource>,
  value: string,
  context: EnvContext,
): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) validateFieldRef(problems, at.child("fieldRef"), fieldRef, envFields);
  if (resourceFieldRef) {
    validateResourceFieldRef(problems, at.child("resourceFieldRef"), resourceFieldRef, false);
  }
  if (configMapKeyRef) validateKeyRef(problems, at.child("configMapKeyRef"), configMapKeyRef);
  if (secretKeyRef) validateKeyRef(problems, at.child("secretKeyRef"), secretKeyRef);
  if (fileKeyRef) validateFileKeyRef(problems, at.child("fileKeyRef"), fileKeyRef, context);
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(
    (one) => one !== undefined,
  ).length;
  if (count === 0) {
    problems.invalid(
      at,
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  } else if (value !== "") {
    problems.invalid(at, "", "may not be specified when `value` is not empty");
  } else if (count > 1) {
    problems.invalid(at, "", "may not have more than one field specified at a time");
  }
}

function validateKeyRef(
  problems: Problems,
  at: Path,
  { name = "", key }: { readonly name?: string | undefined; readonly key: string },
): void {
  problems.each(at.child("name"), name, nameIsSubdomain(name, false));
  problems.name(at.child("key"), key, configMapKey);
}

function validateFileKeyRef(
  problems: Problems,
  at: Path,
  selector: DeepReadonly<FileKeySelector>,
  context: EnvContext,
): void {
  const { key, path, volumeName } = selector;
  problems.name(at.child("key"), key, envVarName);
  if (path === "") problems.required(at.child("path"));
  else validateLocalNonReservedPath(problems, at.child("path"), path);
  if (volumeName === "") {
    problems.required(at.child("volumeName"));
    return;
  }
  const isEmptyDir = context.isEmptyDir(volumeName);
  if (isEmptyDir === undefined) problems.notFound(at.child("volumeName"), volumeName);
  else if (!isEmptyDir) {
    const detail = "volume used by fileKeyRef must be an emptyDir volume";
    problems.invalid(at.child("volumeName"), volumeName, detail);
  }
}

export function validateEnvFrom(
  problems: Problems,
  at: Path,
  sources: readonly DeepReadonly<EnvFromSource>[],
): void {
  for (const [i, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const path = at.index(i);
    if (prefix) problems.each(path.child("prefix"), prefix, envVarName(prefix));
    for (const [field, ref] of [
      ["configMapRef", configMapRef],
      ["secretRef", secretRef],
    ] as const) {
      if (!ref) continue;
      problems.name(path.child(field, "name"), ref.name, (name) => nameIsSubdomain(name, true));
    }
    if (!configMapRef && !secretRef) {
      problems.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (configMapRef && secretRef) {
      problems.invalid(at, "", "may not have more than one field specified at a time");
    }
  }
}

/** A reference to a field of the pod, of those that `supported` names. */
export function validateFieldRef(
  problems: Problems,
  at: Path,
  { apiVersion, fieldPath }: DeepReadonly<ObjectFieldSelector>,
  supported: readonly string[],
): void {
  if (!apiVersion) {
    problems.required(at.child("apiVersion"));
    return;
  }
  if (fieldPath === "") {
    problems.required(at.child("fieldPath"));
    return;
  }
  const [, subscripted, subscript] = /^(.*)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  const name = subscripted ?? fieldPath;
  if (apiVersion !== "v1" || !knownFields.has(name)) {
    const why =
      apiVersion === "v1"
        ? `field label not supported: ${fieldPath}`
        : `unsupported pod version: ${apiVersion}`;
    problems.invalid(at.child("fieldPath"), fieldPath, `error converting fieldPath: ${why}`);
  } else if (subscript !== undefined) {
    if (name === "metadata.annotations") {
      problems.each(at, subscript.toLowerCase(), qualifiedName(subscript.toLowerCase()));
    } else if (name === "metadata.labels") {
      problems.each(at, subscript, qualifiedName(subscript));
    } else {
      problems.invalid(at, name, "does not support subscript");
    }
  } else if (!supported.includes(name)) {
    problems.notSupported(at.child("fieldPath"), name, supported);
  }
}

const memoryDivisors = new Set(
  ["", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map((s) => `1${s}`),
);
const memoryDivisorsText = [...memoryDivisors].join(", ");

/** A reference to a container's resources; in a volume the container must be named. */
export function validateResourceFieldRef(
  problems: Problems,
  at: Path,
  selector: DeepReadonly<ResourceFieldSelector>,
  inVolume: boolean,
): void {
  const { containerName, resource, divisor } = selector;
  const hugePages = /^(requests|limits)\.hugepages-/.test(resource);
  if (inVolume && !containerName) problems.required(at.child("containerName"));
  else if (resource === "") problems.required(at.child("resource"));
  else if (!resourceFields.includes(resource) && !hugePages) {
    problems.notSupported(at.child("resource"), resource, resourceFields);
  }
  const canonical = divisor === undefined ? "0" : canonicalQuantity(divisor);
  if (canonical === "0") return;
  const wrong = (values: string, what: string) => {
    const detail = `only divisor's values ${values} are supported with the ${what} resource`;
    problems.invalid(at.child("divisor"), resource, detail);
  };
  const kind = resource.slice(resource.indexOf(".") + 1);
  if (kind === "cpu") {
    if (canonical !== "1m" && canonical !== "1") wrong("1m and 1", "cpu");
  } else if (memoryDivisors.has(canonical)) {
    return;
  } else if (kind === "memory") wrong(memoryDivisorsText, "memory");
  else if (kind === "ephemeral-storage") wrong(memoryDivisorsText, "local ephemeral storage");
  else if (hugePages) wrong(memoryDivisorsText, "hugepages");
}
