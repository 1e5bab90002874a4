/** The environment of a container: Services, then `envFrom`, then `env`. */
import type { ConfigMap } from "#apis/core/config-map.ts";
import type { EnvVar } from "#apis/core/env.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Secret } from "#apis/core/secret.ts";
import { containerNamed, type AnyContainer } from "../pod/containers.ts";
import { type DownwardFacts, fieldValue, resourceValue } from "../pod/field-ref.ts";
import { parseEnvFile } from "./env-file.ts";
import { expand } from "./expansion.ts";

/** Objects that a pod refers to; undefined for one that does not exist. */
export interface ReferencedObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: AnyContainer;
  readonly facts: DownwardFacts;
  readonly objects: ReferencedObjects;
  /** Variables of Services; those of `env` and `envFrom` win. */
  readonly services: ReadonlyMap<string, string>;
  /** Reads a file of one of the pod's volumes; undefined when it does not exist. */
  readonly volumeFile: (volume: string, path: string) => Promise<string | undefined>;
}

/** A container that cannot be made because of what its spec refers to. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** All variables, in no particular order. Throws ConfigError for what is missing. */
export async function environmentOf(input: EnvironmentInput): Promise<Map<string, string>> {
  const { container, services } = input;
  const env = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? "";
    for (const [key, value] of await sourceOf(input, source)) env.set(prefix + key, value);
  }
  const lookUp = (name: string) => env.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? "", lookUp)
        : await referenced(input, variable);
    if (value !== undefined) env.set(variable.name, value);
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value);
  return env;
}

type EnvFrom = NonNullable<AnyContainer["envFrom"]>[number];

async function sourceOf(
  { pod, objects }: EnvironmentInput,
  { configMapRef, secretRef }: EnvFrom,
): Promise<[string, string][]> {
  const namespace = pod.metadata.namespace ?? "";
  if (configMapRef) {
    const { name = "", optional } = configMapRef;
    const found = await objects.configMap(namespace, name);
    if (!found && !optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
    return Object.entries(found?.data ?? {});
  }
  if (secretRef) {
    const { name = "", optional } = secretRef;
    const found = await objects.secret(namespace, name);
    if (!found && !optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
    return Object.entries(found?.data ?? {}).map(([key, value]) => [key, fromBase64(value)]);
  }
  return [];
}

/** The value that a variable refers to; undefined when it is optional and missing. */
async function referenced(input: EnvironmentInput, variable: EnvVar): Promise<string | undefined> {
  const { pod, container, facts } = input;
  const from = variable.valueFrom!;
  if (from.fieldRef) return fieldValue(pod, from.fieldRef, facts);
  if (from.resourceFieldRef) {
    const { containerName } = from.resourceFieldRef;
    const about = containerName ? containerNamed(pod, containerName)?.container : container;
    if (!about) throw new ConfigError(`container ${containerName} not found`);
    return resourceValue(about, from.resourceFieldRef, facts);
  }
  if (from.configMapKeyRef) return configMapKey(input, from.configMapKeyRef);
  if (from.secretKeyRef) return secretKey(input, from.secretKeyRef);
  if (from.fileKeyRef) return fileKey(input, from.fileKeyRef);
  return "";
}

type Key<K extends "configMapKeyRef" | "secretKeyRef" | "fileKeyRef"> = NonNullable<
  NonNullable<EnvVar["valueFrom"]>[K]
>;

async function configMapKey(
  { pod, objects }: EnvironmentInput,
  { name = "", key, optional }: Key<"configMapKeyRef">,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? "";
  const found = await objects.configMap(namespace, name);
  if (!found && !optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
  const value = found?.data?.[key];
  if (value !== undefined || optional) return value;
  throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
}

async function secretKey(
  { pod, objects }: EnvironmentInput,
  { name = "", key, optional }: Key<"secretKeyRef">,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? "";
  const found = await objects.secret(namespace, name);
  if (!found && !optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
  const value = found?.data?.[key];
  if (value !== undefined) return fromBase64(value);
  if (optional) return undefined;
  throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
}

async function fileKey(
  { pod, volumeFile }: EnvironmentInput,
  { volumeName, path, key, optional }: Key<"fileKeyRef">,
): Promise<string | undefined> {
  const text = await volumeFile(volumeName, path);
  if (text === undefined) {
    if (optional) return undefined;
    throw new ConfigError(`environment variable file ${JSON.stringify(path)} not found`);
  }
  let value: string | undefined;
  try {
    value = parseEnvFile(text).get(key);
  } catch (error) {
    throw new ConfigError("couldn't parse env file", { cause: error });
  }
  if (value !== undefined || optional) return value;
  const where = `${pod.metadata.namespace}/${pod.metadata.name}`;
  throw new ConfigError(
    `environment variable key ${JSON.stringify(key)} not found in file (pod: ${where})`,
  );
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
