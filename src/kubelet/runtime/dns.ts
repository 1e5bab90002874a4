/** The resolv.conf of a pod. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ */
import type { Pod } from "#apis/core/pod.ts";

export interface DnsSettings {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own resolv.conf. */
  readonly host: ResolvConf;
}

export interface ResolvConf {
  servers: string[];
  searches: string[];
  options: string[];
}

const serversMax = 3;
const searchesMax = 32;
const searchCharsMax = 2_048;

/** Parses a resolv.conf; unknown lines are skipped. */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { servers: [], searches: [], options: [] };
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === "nameserver" && rest[0]) conf.servers.push(rest[0]);
    else if (word === "search") conf.searches = rest.map((name) => name.replace(/(.)\.$/, "$1"));
    else if (word === "options") conf.options = rest;
  }
  return conf;
}

type Policy = "cluster" | "host" | "none";

function policyOf(pod: Pod, { clusterDns }: DnsSettings): Policy {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return "none";
  const cluster =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.spec.hostNetwork);
  return cluster && clusterDns.length > 0 ? "cluster" : "host";
}

/** What the pod's resolv.conf says, and texts for DNSConfigForming events about what was cut. */
export function podDns(pod: Pod, settings: DnsSettings): { dns: ResolvConf; warnings: string[] } {
  const { host, clusterDomain, clusterDns } = settings;
  const policy = policyOf(pod, settings);
  let dns: ResolvConf;
  if (policy === "none") dns = { servers: [], searches: [], options: [] };
  else if (policy === "host") dns = structuredClone(host);
  else {
    const svc = clusterDomain === "" ? "svc" : `svc.${clusterDomain}`;
    const searches = [`${pod.metadata.namespace}.${svc}`, svc, clusterDomain].filter(Boolean);
    dns = {
      servers: [...clusterDns],
      searches: unique([...searches, ...host.searches]),
      options: ["ndots:5"],
    };
  }
  const extra = pod.spec.dnsConfig;
  if (extra) {
    dns.servers = unique([...dns.servers, ...(extra.nameservers ?? [])]);
    dns.searches = unique([...dns.searches, ...(extra.searches ?? [])]);
    dns.options = mergeOptions(dns.options, extra.options ?? []);
  }
  return limit(dns);
}

function mergeOptions(
  options: readonly string[],
  more: readonly { name?: string | undefined; value?: string | undefined }[],
): string[] {
  const merged = new Map<string, string | undefined>();
  for (const option of options) {
    const [name, value] = option.split(/:(.*)/s, 2) as [string, string | undefined];
    merged.set(name, value);
  }
  for (const { name, value } of more) if (name) merged.set(name, value);
  return [...merged].map(([name, value]) => (value ? `${name}:${value}` : name));
}

function limit(dns: ResolvConf): { dns: ResolvConf; warnings: string[] } {
  const warnings: string[] = [];
  if (dns.servers.length > serversMax) {
    dns.servers = dns.servers.slice(0, serversMax);
    const applied = dns.servers.join(" ");
    warnings.push(
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied}`,
    );
  }
  const before = dns.searches.length;
  dns.searches = dns.searches.slice(0, searchesMax);
  while (dns.searches.join(" ").length > searchCharsMax) dns.searches.pop();
  if (dns.searches.length < before) {
    warnings.push(
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${dns.searches.join(" ")}`,
    );
  }
  return { dns, warnings };
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
