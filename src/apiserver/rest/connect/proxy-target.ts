import { isIP } from "node:net";
import { nodes } from "#apis/core/node.ts";
import { services } from "#apis/core/service.ts";
import { endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import type { Chance } from "#base/chance.ts";
import { ApiError, badRequest, notFound } from "#machinery/errors.ts";
import type { UpgradeTarget } from "#machinery/streaming/http-upgrade.ts";
import type { ResourceRequestInfo } from "../context.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { kubeletOf } from "./kubelet-access.ts";
import { podOf } from "./pod-container.ts";

/** Where a proxied request goes, without path and query. */
export type ProxyTarget = Pick<UpgradeTarget, "tls"> & { origin: string };

/** `[scheme:]name[:port]`, as the proxy subresources name what they connect to. */
interface ProxyName {
  scheme: "http" | "https";
  name: string;
  port: string;
}

/** @throws ApiError BadRequest for a name that is none. */
function parseName(text: string, what: string): ProxyName {
  const parts = text.split(":");
  const [scheme, name, port] =
    parts.length === 1 ? ["", parts[0], ""] : parts.length === 2 ? ["", ...parts] : parts;
  if (parts.length > 3 || !name || !["", "http", "https"].includes(scheme)) {
    throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  }
  return { scheme: scheme === "https" ? "https" : "http", name, port: port ?? "" };
}

/** Resolves a `proxy` request of a pod, Service or node. */
export function proxyTarget(
  info: ResourceRequestInfo,
  parts: ConnectParts,
  chance: Chance,
): ProxyTarget {
  switch (info.resource) {
    case "pods":
      return podTarget(info, parts);
    case "services":
      return serviceTarget(info, parts, chance);
    default:
      return nodeTarget(info, parts);
  }
}

function podTarget(info: ResourceRequestInfo, parts: ConnectParts): ProxyTarget {
  const { scheme, name, port } = parseName(info.name, "pod");
  const pod = podOf(parts.reader, { ...info, name });
  const declared = pod.spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort;
  const number = port === "" ? (declared ?? (scheme === "https" ? 443 : 80)) : portNumber(port);
  const address = pod.status?.podIP ?? "";
  if (address === "") throw badRequest("address not allowed");
  return at(scheme, address, number);
}

function serviceTarget(
  info: ResourceRequestInfo,
  parts: ConnectParts,
  chance: Chance,
): ProxyTarget {
  const { scheme, name, port } = parseName(info.name, "service");
  const { reader } = parts;
  const service = reader.get(services, info.namespace, name);
  if (!service) throw notFound({ group: "", resource: "services" }, name);
  const ports = service.spec.ports ?? [];
  const chosen =
    port === "" && ports.length === 1
      ? ports[0]
      : ports.find((one) => one.name === port || String(one.port) === port);
  if (!chosen) {
    throw unavailable(
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  }
  const targets = reader
    .list(endpointSlices, info.namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
    .flatMap(({ ports: slicePorts, endpoints }) => {
      const match = (slicePorts ?? []).find((one) => (one.name ?? "") === (chosen.name ?? ""));
      const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
      return match?.port
        ? ready.map(({ addresses }) => ({ address: addresses[0] ?? "", port: match.port! }))
        : [];
    });
  if (targets.length === 0) {
    throw unavailable(`no endpoints available for service ${JSON.stringify(info.name)}`);
  }
  const { address, port: number } = targets[chance.integer(targets.length)]!;
  return at(scheme, address, number);
}

function nodeTarget(info: ResourceRequestInfo, parts: ConnectParts): ProxyTarget {
  const { scheme, name, port } = parseName(info.name, "node");
  if (!parts.reader.get(nodes, "", name)) throw notFound({ group: "", resource: "nodes" }, name);
  const kubelet = kubeletOf(parts.reader, parts.kubelet, name);
  const number = port === "" ? kubelet.port : portNumber(port);
  if (number === kubelet.port) return { ...at("https", kubelet.host, number), tls: kubelet.tls };
  return at(scheme, kubelet.host, number);
}

function portNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw badRequest(`invalid port ${JSON.stringify(text)}`);
  }
  return number;
}

/** Pods and nodes say themselves what their address is: the server's own must not be among them. */
function at(scheme: string, address: string, port: number): ProxyTarget {
  if (isIP(address) !== 0 && isOwnAddress(address)) throw badRequest("address not allowed");
  const host = address.includes(":") ? `[${address}]` : address;
  const tls = scheme === "https" ? { rejectUnauthorized: false } : undefined;
  return { origin: `${scheme}://${host}:${port}`, ...(tls ? { tls } : {}) };
}

function isOwnAddress(address: string): boolean {
  return /^(127\.|169\.254\.|0\.0\.0\.0$|22[4-9]\.|23\d\.|::1?$|fe[89ab]|ff|::ffff:127\.)/i.test(
    address,
  );
}

function unavailable(message: string): ApiError {
  return new ApiError("ServiceUnavailable", message);
}
