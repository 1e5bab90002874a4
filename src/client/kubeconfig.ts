import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import type { ClientConfig } from "./config.ts";

/** A kubeconfig file, as far as we read it. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export interface Kubeconfig {
  apiVersion: "v1";
  kind: "Config";
  "current-context"?: string;
  clusters?: { name: string; cluster: KubeconfigCluster }[];
  contexts?: { name: string; context: KubeconfigContext }[];
  users?: { name: string; user: KubeconfigUser }[];
}

export interface KubeconfigCluster {
  server: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

export interface KubeconfigContext {
  cluster: string;
  user: string;
  namespace?: string;
}

export interface KubeconfigUser {
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  exec?: object;
}

/**
 * Reads a kubeconfig and resolves a context (default: the current one), with the files it names
 * relative to its own folder.
 * @throws Error that says what is missing.
 */
export async function loadKubeconfig(file: string, contextName?: string): Promise<ClientConfig> {
  const config = parseKubeconfig(await readFile(file, "utf8"));
  try {
    return await resolveContext(config, path.dirname(file), contextName);
  } catch (cause) {
    throw new Error(`kubeconfig ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** The files that `KUBECONFIG` names, or `~/.kube/config`. */
export function kubeconfigFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  const named = env["KUBECONFIG"]?.split(path.delimiter).filter((file) => file !== "");
  if (named && named.length > 0) return named;
  return env["HOME"] ? [path.join(env["HOME"], ".kube", "config")] : [];
}

/** @throws Error when the text is not a kubeconfig. */
export function parseKubeconfig(text: string): Kubeconfig {
  const config: unknown = parse(text) ?? {};
  const { kind } = config as Partial<Kubeconfig>;
  if (typeof config !== "object" || (kind !== undefined && kind !== "Config")) {
    throw new Error("this is not a kubeconfig: its kind is not Config");
  }
  return { apiVersion: "v1", kind: "Config", ...config };
}

/** The client configuration of one context; files are read relative to `folder`. */
export async function resolveContext(
  config: Kubeconfig,
  folder: string,
  contextName = config["current-context"],
): Promise<ClientConfig> {
  if (!contextName) throw new Error("no context is named and there is no current-context");
  const context = named(config.contexts, contextName, "context").context;
  const { cluster } = named(config.clusters, context.cluster, "cluster");
  const user = context.user ? named(config.users, context.user, "user").user : {};
  if (user.exec) throw new Error(`user "${context.user}": exec plug-ins are not supported`);
  const pem = (data: string | undefined, file: string | undefined) => readPem(data, file, folder);
  const [ca, cert, key] = await Promise.all([
    pem(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    pem(user["client-certificate-data"], user["client-certificate"]),
    pem(user["client-key-data"], user["client-key"]),
  ]);
  return given({
    server: cluster.server,
    ca,
    cert,
    key,
    token: user.token,
    tokenFile: user.tokenFile && path.resolve(folder, user.tokenFile),
    username: user.username,
    password: user.password,
    impersonate: user.as,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"],
    tlsServerName: cluster["tls-server-name"],
    namespace: context.namespace,
  });
}

/** A kubeconfig with one cluster, user and context, all called `name`; write it with mode 0600. */
export function kubeconfigOf(name: string, config: ClientConfig): Kubeconfig {
  const data = (pem: string | undefined) => pem && Buffer.from(pem).toString("base64");
  const cluster: KubeconfigCluster = given({
    server: config.server,
    "certificate-authority-data": data(config.ca),
    "insecure-skip-tls-verify": config.insecureSkipTlsVerify,
    "tls-server-name": config.tlsServerName,
  });
  const user: KubeconfigUser = given({
    "client-certificate-data": data(config.cert),
    "client-key-data": data(config.key),
    token: config.token,
    tokenFile: config.tokenFile,
  });
  const context: KubeconfigContext = given({
    cluster: name,
    user: name,
    namespace: config.namespace,
  });
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context }],
    "current-context": name,
  };
}

/** `into` with the entries of `from` added or replaced by name, and its current context. */
export function mergeKubeconfig(into: Kubeconfig, from: Kubeconfig): Kubeconfig {
  return {
    ...into,
    clusters: mergeNamed(into.clusters, from.clusters),
    users: mergeNamed(into.users, from.users),
    contexts: mergeNamed(into.contexts, from.contexts),
    ...(from["current-context"] ? { "current-context": from["current-context"] } : {}),
  };
}

/** The YAML text of a kubeconfig. */
export function renderKubeconfig(config: Kubeconfig): string {
  return stringify(config, { lineWidth: 0 });
}

function mergeNamed<T extends { name: string }>(old: T[] = [], more: T[] = []): T[] {
  const replaced = new Set(more.map(({ name }) => name));
  return [...old.filter(({ name }) => !replaced.has(name)), ...more];
}

function named<T extends { name: string }>(
  entries: T[] | null | undefined,
  name: string,
  what: string,
): T {
  const found = entries?.find((entry) => entry.name === name);
  if (!found) throw new Error(`${what} "${name}" does not exist`);
  return found;
}

async function readPem(
  data: string | undefined,
  file: string | undefined,
  folder: string,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, "base64").toString("utf8");
  return file ? readFile(path.resolve(folder, file), "utf8") : undefined;
}

type Given<T> = {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
} & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
};

/** `values` without those that are undefined. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
