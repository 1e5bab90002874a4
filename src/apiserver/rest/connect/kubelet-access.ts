import { type Node, nodes } from "#apis/core/node.ts";
import { ApiError, notFound } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UpgradeTarget } from "#machinery/streaming/http-upgrade.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";

/** How the API server shows a kubelet who it is, and knows the kubelet; PEM texts. */
export interface KubeletCredentials {
  readonly cert: string;
  readonly key: string;
  /** The authority of the kubelets' certificates. */
  readonly ca: string;
}

/** Where a kubelet is reached. */
export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: { cert: string; key: string; ca: string; servername: string };
}

const kubeletPortDefault = 10_250;
/** Which of a node's addresses to use, in this order. */
const addressTypes = ["InternalIP", "Hostname", "InternalDNS", "ExternalDNS", "ExternalIP"];

/** The kubelet of a node. @throws ApiError when there is no such node, or it has no address. */
export function kubeletOf(
  reader: ObjectReader,
  credentials: KubeletCredentials,
  nodeName: string,
): KubeletAddress {
  const node = reader.get(nodes, "", nodeName);
  if (!node) throw notFound({ group: "", resource: "nodes" }, nodeName);
  const host = addressOf(node);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPortDefault;
  return { host, port, tls: { ...credentials, servername: nodeName } };
}

function addressOf({ metadata, status }: DeepReadonly<Node>): string {
  for (const wanted of addressTypes) {
    const found = status?.addresses?.find(({ type }) => type === wanted);
    if (found) return found.address;
  }
  const what = `no preferred addresses found; known addresses: []`;
  throw new ApiError("InternalError", `Internal error occurred: node ${metadata.name}: ${what}`);
}

/** A path of a kubelet, for `requestUpgrade` and its kin. */
export function kubeletTarget(
  { host, port, tls }: KubeletAddress,
  path: readonly string[],
  query: URLSearchParams,
): UpgradeTarget {
  const encoded = path.map(encodeURIComponent).join("/");
  const url = new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}/${encoded}`);
  url.search = query.toString();
  return { url, tls };
}
