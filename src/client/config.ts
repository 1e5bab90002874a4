import { readFile } from "node:fs/promises";
import path from "node:path";

/** Where an API server is and who asks it. Certificates and keys are PEM texts. */
export interface ClientConfig {
  /** `https://127.0.0.1:6443`; a path is put before those of the API. */
  server: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
  /** Read again as it is renewed; wins over `token`. */
  tokenFile?: string;
  username?: string;
  password?: string;
  /** Ask in another user's name. */
  impersonate?: string;
  insecureSkipTlsVerify?: boolean;
  /** The name to expect in the server's certificate, if not the host's. */
  tlsServerName?: string;
  /** The namespace that the kubeconfig's context names. */
  namespace?: string;
}

/** Where pods find their service account. */
const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The configuration that a pod gets from its environment and service account volume. */
export async function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  folder = serviceAccountFolder,
): Promise<ClientConfig> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) {
    throw new Error(
      "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
    );
  }
  const tokenFile = path.join(folder, "token");
  const text = (name: string) => readFile(path.join(folder, name), "utf8");
  const [ca, namespace] = await Promise.all([text("ca.crt"), text("namespace")]);
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { server, ca, tokenFile, namespace: namespace.trim() };
}
