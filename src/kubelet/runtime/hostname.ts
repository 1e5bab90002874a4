import type { Pod } from "#apis/core/pod.ts";

const hostnameCharsMax = 63;
const fqdnCharsMax = 64;

export interface PodHostname {
  /** What the pod calls itself. */
  readonly hostname: string;
  /** `subdomain.namespace.svc.cluster.local`, or "". */
  readonly domain: string;
  /** What the sandbox's UTS namespace is given: the hostname or the full name. */
  readonly nodename: string;
}

/** Throws when the full name is wanted as hostname and too long for the kernel. */
export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { spec, metadata } = pod;
  if (spec.hostnameOverride) {
    return { hostname: spec.hostnameOverride, domain: "", nodename: spec.hostnameOverride };
  }
  const hostname = spec.hostname || truncated(metadata.name);
  const domain = spec.subdomain
    ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}`
    : "";
  if (!spec.setHostnameAsFQDN || domain === "") return { hostname, domain, nodename: hostname };
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length > fqdnCharsMax) {
    throw new Error(
      `Failed to construct FQDN from Pod hostname and cluster domain, FQDN ${fqdn} is too long (${fqdnCharsMax} characters is the max, ${fqdn.length} characters requested)`,
    );
  }
  return { hostname, domain, nodename: fqdn };
}

function truncated(name: string): string {
  if (name.length <= hostnameCharsMax) return name;
  return name.slice(0, hostnameCharsMax).replace(/[-.]+$/, "");
}

const managed = "# Kubernetes-managed hosts file.";
const fixedLines = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** The pod's /etc/hosts. `hostFile` is the node's own, for pods in the host's network. */
export function hostsFile(
  pod: Pod,
  { hostname, domain }: PodHostname,
  ips: readonly string[],
  hostFile: string,
): string {
  const aliases = (pod.spec.hostAliases ?? []).map(
    ({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`,
  );
  const tail = aliases.length === 0 ? "" : `\n# Entries added by HostAliases.\n${aliases.join("")}`;
  if (pod.spec.hostNetwork) {
    return `# Kubernetes-managed hosts file (host network).\n${hostFile}${tail}`;
  }
  const names = domain === "" ? hostname : `${hostname}.${domain}\t${hostname}`;
  const own = ips.map((ip) => `${ip}\t${names}\n`);
  return `${managed}\n${fixedLines.join("\n")}\n${own.join("")}${tail}`;
}
