import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "#client/client.ts";
import { apiReviews } from "#kubelet/server/review.ts";
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
    ...apiReviews(client, cluster.nodeName),
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
