/** Registry credentials from a pod's pull secrets. */
import type { Pod } from "#apis/core/pod.ts";
import type { Secret } from "#apis/core/secret.ts";
import type { AuthConfig } from "../cri/types.ts";
import type { ReferencedObjects } from "../runtime/environment.ts";
import { repositoryOf } from "../runtime/image-reference.ts";

interface Entry {
  readonly pattern: string;
  readonly auth: AuthConfig;
}

interface DockerAuth {
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
}

/** The credentials to try for an image, the most specific first. */
export async function credentialsFor(
  pod: Pod,
  image: string,
  objects: ReferencedObjects,
): Promise<AuthConfig[]> {
  const entries: Entry[] = [];
  for (const { name } of pod.spec.imagePullSecrets ?? []) {
    if (!name) continue;
    const secret = await objects.secret(pod.metadata.namespace ?? "", name);
    if (secret) entries.push(...entriesOf(secret));
  }
  const repository = repositoryOf(image);
  return entries
    .filter(({ pattern }) => covers(pattern, repository))
    .toSorted((a, b) => b.pattern.length - a.pattern.length)
    .map(({ auth }) => auth);
}

function entriesOf({ type, data = {} }: Secret): Entry[] {
  const isNew = type === "kubernetes.io/dockerconfigjson";
  const text = data[isNew ? ".dockerconfigjson" : ".dockercfg"];
  if (text === undefined) return [];
  try {
    const parsed = JSON.parse(Buffer.from(text, "base64").toString("utf8")) as object;
    const auths = (isNew ? (parsed as { auths?: object }).auths : parsed) ?? {};
    return Object.entries(auths as Record<string, DockerAuth>).map(([server, auth]) => ({
      pattern: patternOf(server),
      auth: authOf(server, auth),
    }));
  } catch {
    return [];
  }
}

function authOf(server: string, { auth, username, password, identitytoken }: DockerAuth) {
  const plain = auth === undefined ? undefined : Buffer.from(auth, "base64").toString("utf8");
  const [user, secret] = plain?.split(/:(.*)/s, 2) ?? [username ?? "", password ?? ""];
  return {
    username: user ?? "",
    password: secret ?? "",
    serverAddress: server,
    ...(identitytoken ? { identityToken: identitytoken } : {}),
  };
}

/** `https://index.docker.io/v1/` means `docker.io`. */
function patternOf(server: string): string {
  const bare = server.replace(/^https?:\/\//, "").replace(/\/(v1|v2)?\/?$/, "");
  return bare.replace(/^(index\.|registry-1\.)?docker\.io(?=$|\/)/, "docker.io");
}

/** Whether a pattern (`*.example.com`, `host/path`) covers a repository. */
function covers(pattern: string, repository: string): boolean {
  const [host, ...path] = pattern.split("/");
  const [repositoryHost, ...rest] = repository.split("/");
  const hosts = host!.split(".");
  const parts = repositoryHost!.split(".");
  if (hosts.length !== parts.length) return false;
  const glob = (part: string, at: number) =>
    new RegExp(`^${RegExp.escape(part).replaceAll("\\*", "[^.]*")}$`).test(parts[at]!);
  return hosts.every(glob) && path.every((part, at) => rest[at] === part);
}
