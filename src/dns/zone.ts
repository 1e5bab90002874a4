import type { Service } from "#apis/core/service.ts";
import type { Endpoint, EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";

/**
 * What the cluster's domain holds, read from Services and EndpointSlices.
 * https://github.com/kubernetes/dns/blob/master/docs/specification.md (DNS schema version 1.1.0)
 * Pure: a question and a view of the world in, an answer out.
 */

type SharedService = DeepReadonly<Service>;
type SharedSlice = DeepReadonly<EndpointSlice>;

/** How the zone sees the world; informers with indexes in production. */
export interface ZoneView {
  service(namespace: string, name: string): SharedService | undefined;
  slices(namespace: string, service: string): readonly SharedSlice[];
  hasNamespace(name: string): boolean;
  /** The Service with this cluster IP. */
  serviceByAddress(address: string): SharedService | undefined;
  /** EndpointSlices that hold this address. */
  slicesByAddress(address: string): readonly SharedSlice[];
}

export type ZoneRecord =
  | { type: "A" | "AAAA"; name: string; address: string }
  | { type: "CNAME" | "PTR"; name: string; target: string }
  | { type: "SRV"; name: string; target: string; port: number; priority: number; weight: number }
  | { type: "TXT"; name: string; text: string };

/**
 * `noData`: the name exists, but nothing of this type. `outside`: not a name of ours. `unknown`:
 * ours, and it does not exist.
 */
export type ZoneAnswer =
  | { found: "records"; answers: ZoneRecord[]; additionals: ZoneRecord[] }
  | { found: "noData" | "unknown" | "outside" };

const noData: ZoneAnswer = { found: "noData" };
const unknown: ZoneAnswer = { found: "unknown" };
const outside: ZoneAnswer = { found: "outside" };

/** Answers a question; `name` in lower case without the final dot. */
export function answer(view: ZoneView, zone: string, name: string, type: string): ZoneAnswer {
  const reversed = addressOfReverseName(name);
  if (reversed !== undefined) return reverse(view, zone, name, reversed, type);
  if (name === zone) return noData;
  if (!name.endsWith(`.${zone}`)) return outside;
  const labels = name.slice(0, -zone.length - 1).split(".");
  const realm = labels.at(-1);
  if (labels.length === 1 && realm === "dns-version") {
    return pick(type, [{ type: "TXT", name, text: "1.1.0" }]);
  }
  const namespace = labels.at(-2);
  if (realm !== "svc" && realm !== "pod") return unknown;
  if (namespace === undefined) return noData;
  if (labels.length === 2) return view.hasNamespace(namespace) ? noData : unknown;
  if (realm === "pod") return pod(view, name, namespace, labels.slice(0, -2), type);
  return service(view, zone, name, namespace, labels.slice(0, -2), type);
}

function service(
  view: ZoneView,
  zone: string,
  name: string,
  namespace: string,
  labels: readonly string[],
  type: string,
): ZoneAnswer {
  const serviceName = labels.at(-1)!;
  const found = view.service(namespace, serviceName);
  if (!found) return unknown;
  const { spec } = found;
  if (spec.type === "ExternalName") {
    if (labels.length > 1) return unknown;
    const target = spec.externalName ?? "";
    return { found: "records", answers: [{ type: "CNAME", name, target }], additionals: [] };
  }
  const base = `${serviceName}.${namespace}.svc.${zone}`;
  const slices = view.slices(namespace, serviceName);
  const headless = !spec.clusterIP || spec.clusterIP === "None";
  const hosts = headless ? headlessHosts(found, slices, base) : clusterHosts(found, base);
  if (labels.length === 1) {
    if (headless && hosts.length === 0) return unknown;
    return pick(
      type,
      hosts.map(({ address }) => addressRecord(name, address)),
    );
  }
  if (labels.length === 2) {
    const named = hosts.filter((host) => host.name === name);
    if (!headless || named.length === 0) return unknown;
    return pick(
      type,
      named.map(({ address }) => addressRecord(name, address)),
    );
  }
  const [port, protocol] = labels as [string, string];
  if (labels.length !== 3 || !port.startsWith("_") || !protocol.startsWith("_")) return unknown;
  const wanted = { port: port.slice(1), protocol: protocol.slice(1).toUpperCase() };
  return serviceRecords(found, slices, hosts, headless, name, wanted, type);
}

interface Host {
  name: string;
  address: string;
}

function clusterHosts({ spec }: SharedService, name: string): Host[] {
  const addresses = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ""];
  return addresses.filter((address) => address !== "").map((address) => ({ name, address }));
}

/** Each ready endpoint of a headless Service under its host name, or its address with dashes. */
function headlessHosts(
  { spec }: SharedService,
  slices: readonly SharedSlice[],
  base: string,
): Host[] {
  const hosts = new Map<string, Host>();
  for (const { endpoints } of slices) {
    for (const endpoint of endpoints ?? []) {
      if (!isReady(endpoint) && !spec.publishNotReadyAddresses) continue;
      for (const address of endpoint.addresses ?? []) {
        const label = endpoint.hostname || address.replaceAll(/[.:]/g, "-");
        hosts.set(`${label}/${address}`, { name: `${label}.${base}`, address });
      }
    }
  }
  return [...hosts.values()];
}

function isReady({ conditions }: DeepReadonly<Endpoint>): boolean {
  return conditions?.ready ?? true;
}

function serviceRecords(
  { spec }: SharedService,
  slices: readonly SharedSlice[],
  hosts: readonly Host[],
  headless: boolean,
  name: string,
  wanted: { port: string; protocol: string },
  type: string,
): ZoneAnswer {
  const ports = headless ? slices.flatMap((slice) => slice.ports ?? []) : (spec.ports ?? []);
  const numbers = new Set(
    ports
      .filter((one) => one.name === wanted.port && (one.protocol ?? "TCP") === wanted.protocol)
      .map((one) => one.port ?? 0),
  );
  if (numbers.size === 0 || hosts.length === 0) return unknown;
  if (type !== "SRV") return noData;
  const targets = [...new Set(hosts.map((host) => host.name))];
  const weight = Math.max(1, Math.floor(100 / targets.length));
  const answers = targets.flatMap((target) =>
    [...numbers].map((port): ZoneRecord => ({
      type: "SRV",
      name,
      target,
      port,
      priority: 0,
      weight,
    })),
  );
  const additionals = hosts.map((host) => addressRecord(host.name, host.address));
  return { found: "records", answers, additionals };
}

/** `10-244-0-5.<namespace>.pod.<zone>` names any address of an existing namespace. */
function pod(
  view: ZoneView,
  name: string,
  namespace: string,
  labels: readonly string[],
  type: string,
): ZoneAnswer {
  const dashed = labels[0]!;
  if (labels.length !== 1 || !view.hasNamespace(namespace)) return unknown;
  if (/^\d{1,3}(-\d{1,3}){3}$/.test(dashed)) {
    const address = dashed.replaceAll("-", ".");
    const valid = address.split(".").every((part) => Number(part) <= 255);
    return valid ? pick(type, [addressRecord(name, address)]) : unknown;
  }
  return unknown;
}

function reverse(
  view: ZoneView,
  zone: string,
  name: string,
  address: string,
  type: string,
): ZoneAnswer {
  const owner = view.serviceByAddress(address);
  const targets: string[] = [];
  if (owner) targets.push(`${owner.metadata.name}.${owner.metadata.namespace}.svc.${zone}`);
  for (const slice of owner ? [] : view.slicesByAddress(address)) {
    const serviceName = slice.metadata.labels?.["kubernetes.io/service-name"];
    for (const endpoint of slice.endpoints ?? []) {
      if (!endpoint.hostname || !endpoint.addresses?.includes(address) || !serviceName) continue;
      targets.push(`${endpoint.hostname}.${serviceName}.${slice.metadata.namespace}.svc.${zone}`);
    }
  }
  if (targets.length === 0) return outside;
  return pick(
    type,
    [...new Set(targets)].map((target) => ({ type: "PTR", name, target })),
  );
}

function addressRecord(name: string, address: string): ZoneRecord {
  return { type: address.includes(":") ? "AAAA" : "A", name, address };
}

function pick(type: string, records: ZoneRecord[]): ZoneAnswer {
  const answers = type === "ANY" ? records : records.filter((record) => record.type === type);
  return answers.length === 0 ? noData : { found: "records", answers, additionals: [] };
}

/** `5.0.244.10.in-addr.arpa` → `10.244.0.5`; `….ip6.arpa` likewise, in short form. */
export function addressOfReverseName(name: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (four) return four.slice(1).toReversed().join(".");
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return undefined;
  const digits = name.slice(0, -".ip6.arpa".length).split(".").toReversed().join("");
  const groups = digits.match(/.{4}/g)!.join(":");
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}
