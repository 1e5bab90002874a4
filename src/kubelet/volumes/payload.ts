/** The content of volumes that show API objects: configMap, secret, downwardAPI, projected. */
import type { KeyToPath } from "#apis/core/basic-volumes.ts";
import type { DownwardAPIVolumeFile } from "#apis/core/basic-volumes.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { VolumeProjection } from "#apis/core/projected-volume.ts";
import type { Volume } from "#apis/core/volume.ts";
import { containerNamed } from "../pod/containers.ts";
import { type DownwardFacts, fieldValue, resourceValue } from "../pod/field-ref.ts";
import type { ReferencedObjects } from "../runtime/environment.ts";
import type { Payload, PayloadFile } from "./atomic-writer.ts";
import { commonUser, fsGroupOf } from "./ownership.ts";
import type { TokenSource } from "./tokens.ts";

export interface PayloadContext {
  readonly pod: Pod;
  readonly objects: ReferencedObjects;
  readonly tokens: TokenSource;
  readonly facts: DownwardFacts;
  readonly signal: AbortSignal;
}

const defaultMode = 0o644;

/** The files of the volume; undefined for a volume that shows no API objects. */
export async function payloadOf(
  context: PayloadContext,
  volume: Volume,
): Promise<Payload | undefined> {
  const { pod } = context;
  const files = new Map<string, PayloadFile>();
  if (volume.configMap) {
    const { name = "", items, optional, defaultMode: mode = defaultMode } = volume.configMap;
    await addConfigMap(context, files, { name, items, optional, mode });
  } else if (volume.secret) {
    const { secretName = "", items, optional, defaultMode: mode = defaultMode } = volume.secret;
    await addSecret(context, files, { name: secretName, items, optional, mode });
  } else if (volume.downwardAPI) {
    const { items = [], defaultMode: mode = defaultMode } = volume.downwardAPI;
    addDownward(pod, context.facts, files, items, mode);
  } else if (volume.projected) {
    const { sources, defaultMode: mode = defaultMode } = volume.projected;
    for (const source of sources ?? []) await addProjection(context, files, source, mode);
  } else return undefined;
  return files;
}

interface Source {
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean | undefined;
  readonly mode: number;
}

async function addProjection(
  context: PayloadContext,
  files: Map<string, PayloadFile>,
  source: VolumeProjection,
  mode: number,
): Promise<void> {
  const { pod, tokens, facts, signal } = context;
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) {
    const { name = "", items, optional } = configMap;
    await addConfigMap(context, files, { name, items, optional, mode });
  } else if (secret) {
    const { name = "", items, optional } = secret;
    await addSecret(context, files, { name, items, optional, mode });
  } else if (downwardAPI) {
    addDownward(pod, facts, files, downwardAPI.items ?? [], mode);
  } else if (serviceAccountToken) {
    const { path, audience, expirationSeconds } = serviceAccountToken;
    const token = await tokens.token(pod, { audience, expirationSeconds }, signal);
    const uid = commonUser(pod);
    const restricted = uid !== undefined || fsGroupOf(pod) !== undefined;
    files.set(path, {
      data: Buffer.from(token),
      mode: restricted ? 0o600 : mode,
      ...(uid === undefined ? {} : { uid }),
    });
  } else if (source.clusterTrustBundle && !source.clusterTrustBundle.optional) {
    throw new Error("ClusterTrustBundle projection is not supported by this node");
  }
}

async function addConfigMap(
  { pod, objects }: PayloadContext,
  files: Map<string, PayloadFile>,
  source: Source,
): Promise<void> {
  const found = await objects.configMap(pod.metadata.namespace ?? "", source.name);
  if (!found && !source.optional) {
    throw new Error(`configmap ${JSON.stringify(source.name)} not found`);
  }
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(found?.binaryData ?? {})) {
    data.set(key, Buffer.from(base64, "base64"));
  }
  addItems(files, data, source, "configmap references non-existent config key");
}

async function addSecret(
  { pod, objects }: PayloadContext,
  files: Map<string, PayloadFile>,
  source: Source,
): Promise<void> {
  const found = await objects.secret(pod.metadata.namespace ?? "", source.name);
  if (!found && !source.optional) {
    throw new Error(`secret ${JSON.stringify(source.name)} not found`);
  }
  const data = new Map<string, Uint8Array>();
  for (const [key, base64] of Object.entries(found?.data ?? {})) {
    data.set(key, Buffer.from(base64, "base64"));
  }
  addItems(files, data, source, "references non-existent secret key");
}

function addItems(
  files: Map<string, PayloadFile>,
  data: ReadonlyMap<string, Uint8Array>,
  { items, optional, mode }: Source,
  missing: string,
): void {
  if (!items?.length) {
    for (const [key, content] of data) files.set(key, { data: content, mode });
    return;
  }
  for (const { key, path, mode: own = mode } of items) {
    const content = data.get(key);
    if (content !== undefined) files.set(path, { data: content, mode: own });
    else if (!optional) throw new Error(`${missing}: ${key}`);
  }
}

function addDownward(
  pod: Pod,
  facts: DownwardFacts,
  files: Map<string, PayloadFile>,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own = mode } of items) {
    let text = "";
    if (fieldRef) text = fieldValue(pod, fieldRef, facts);
    else if (resourceFieldRef) {
      const about = containerNamed(pod, resourceFieldRef.containerName ?? "");
      if (!about) throw new Error(`container ${resourceFieldRef.containerName} not found`);
      text = resourceValue(about.container, resourceFieldRef, facts);
    }
    files.set(path, { data: Buffer.from(text), mode: own });
  }
}

/** The objects that the pod's volumes, variables and pull secrets refer to. */
export function referencesOf(pod: Pod): { kind: "configmap" | "secret"; name: string }[] {
  const found = new Map<string, { kind: "configmap" | "secret"; name: string }>();
  const add = (kind: "configmap" | "secret", name: string | undefined) => {
    if (name) found.set(`${kind}/${name}`, { kind, name });
  };
  for (const { configMap, secret, projected } of pod.spec.volumes ?? []) {
    add("configmap", configMap?.name);
    add("secret", secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add("configmap", source.configMap?.name);
      add("secret", source.secret?.name);
    }
  }
  const containers = [
    ...(pod.spec.initContainers ?? []),
    ...pod.spec.containers,
    ...(pod.spec.ephemeralContainers ?? []),
  ];
  for (const { env = [], envFrom = [] } of containers) {
    for (const { valueFrom } of env) {
      add("configmap", valueFrom?.configMapKeyRef?.name);
      add("secret", valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add("configmap", configMapRef?.name);
      add("secret", secretRef?.name);
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) add("secret", name);
  return [...found.values()];
}
