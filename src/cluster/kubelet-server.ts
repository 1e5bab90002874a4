import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { subjectAccessReviews } from "#apis/authorization/subject-access-review.ts";
import { tokenReviews } from "#apis/authentication/token-review.ts";
import type { Client } from "#client/client.ts";
import type { KubeletServerOptions } from "#kubelet/server/server.ts";
import type { ClusterFile } from "#node/cluster-file.ts";
import type { Pki } from "./pki.ts";

/** Where the server process puts what the kubelet's server needs. */
const kubeletServingFiles = {
  certificate: "kubelet-server.crt",
  key: "kubelet-server.key",
  clientCa: "ca.crt",
} as const;

const port = 10_250;

/** The kubelet's server: its certificate, and who may ask it, decided by the API server. */
export async function kubeletServer(
  folder: string,
  client: Client,
  cluster: Pick<ClusterFile, "nodeName" | "nodeIP">,
): Promise<KubeletServerOptions> {
  const read = (name: string) => readFile(join(folder, "pki", name), "utf8");
  const [cert, key, clientCa] = await Promise.all([
    read(kubeletServingFiles.certificate),
    read(kubeletServingFiles.key),
    read(kubeletServingFiles.clientCa),
  ]);
  return {
    address: cluster.nodeIP,
    port,
    tls: { cert, key, clientCa },
    async authenticate(token) {
      const { status } = await client.create(tokenReviews, { metadata: {}, spec: { token } });
      const { user } = status ?? {};
      if (!status?.authenticated || !user?.username) return undefined;
      return { name: user.username, uid: user.uid ?? "", groups: user.groups ?? [] };
    },
    async authorize({ user, verb, subresource }) {
      const { nodeName: name } = cluster;
      const resource = { group: "", version: "v1", resource: "nodes", subresource, name, verb };
      const { status } = await client.create(subjectAccessReviews, {
        metadata: {},
        spec: { user: user.name, groups: [...user.groups], resourceAttributes: resource },
      });
      return status?.allowed ?? false;
    },
  };
}

/** Makes the certificate that the kubelet of this node serves with. */
export async function prepareKubeletServer(
  pki: Pki,
  { nodeName, nodeIP }: Pick<ClusterFile, "nodeName" | "nodeIP">,
): Promise<void> {
  await pki.certificate("kubelet-server", "ca", {
    commonName: `system:node:${nodeName}`,
    organizations: ["system:nodes"],
    usages: ["server"],
    dnsNames: [nodeName],
    addresses: [...new Set(["127.0.0.1", nodeIP])],
  });
}
