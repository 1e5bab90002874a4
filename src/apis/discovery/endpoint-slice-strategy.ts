import { type Path, path } from "#machinery/field-error.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  nameIsSubdomain,
  qualifiedName,
} from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { parseIp, specialIp } from "#machinery/validation/ip.ts";
import { validateLabels } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { ipWarnings } from "../core/pod-warnings-strategy.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
import { type Endpoint, type EndpointSlice, endpointSlices } from "./endpoint-slice.ts";

const endpointsMax = 1000;
const addressesMax = 100;
const portsMax = 20_000;
const topologyLabelsMax = 16;
const hintsMax = 8;

/** `listAt`: where all addresses are, and where special ones are reported. */
function validateAddress(
  problems: Problems,
  { at, listAt }: { at: Path; listAt: Path },
  type: string,
  address: string,
): void {
  if (type === "FQDN") {
    const name = address.replace(/\.$/, "");
    if (address === "") problems.required(at);
    else if (dns1123Subdomain(name).length > 0) {
      problems.invalid(at, name, dns1123Subdomain(name).join(","));
    } else if (!name.includes(".")) {
      const detail = "should be a domain with at least two segments separated by dots";
      problems.invalid(at, name, detail);
    }
    return;
  }
  if (type !== "IPv4" && type !== "IPv6") return;
  const ip = parseIp(address);
  if (ip?.family !== (type === "IPv4" ? 4 : 6)) {
    problems.invalid(at, address, `must be a valid ${type} address`);
  }
  problems.each(listAt, address, specialIp(address));
}

function validateHints(problems: Problems, at: Path, endpoint: DeepReadonly<Endpoint>): void {
  for (const field of ["forZones", "forNodes"] as const) {
    const hints = endpoint.hints?.[field] ?? [];
    const hintsAt = at.child("hints", field);
    if (hints.length > hintsMax) problems.tooMany(hintsAt, hints.length, hintsMax);
    const seen = new Set<string>();
    for (const [i, { name }] of hints.entries()) {
      const nameAt = hintsAt.index(i).child("name");
      if (seen.has(name)) problems.duplicate(nameAt, name);
      seen.add(name);
      const errors = field === "forZones" ? labelValue(name) : nameIsSubdomain(name, false);
      problems.each(nameAt, name, errors);
    }
  }
}

function validateEndpoint(
  problems: Problems,
  at: Path,
  type: string,
  endpoint: DeepReadonly<Endpoint>,
): void {
  const { deprecatedTopology, hostname, nodeName } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const addressesAt = at.child("addresses");
  if (addresses.length === 0) {
    problems.required(addressesAt, "must contain at least 1 address");
  } else if (addresses.length > addressesMax) {
    problems.tooMany(addressesAt, addresses.length, addressesMax);
  }
  for (const [i, address] of addresses.entries()) {
    validateAddress(problems, { at: addressesAt.index(i), listAt: addressesAt }, type, address);
  }
  if (nodeName !== undefined) {
    problems.each(at.child("nodeName"), nodeName, nameIsSubdomain(nodeName, false));
  }
  const labels = Object.keys(deprecatedTopology ?? {}).length;
  const topologyAt = at.child("deprecatedTopology");
  if (labels > topologyLabelsMax) problems.tooMany(topologyAt, labels, topologyLabelsMax);
  validateLabels(problems, topologyAt, deprecatedTopology);
  if (hostname !== undefined) {
    problems.each(at.child("hostname"), hostname, dns1123Label(hostname));
  }
  validateHints(problems, at, endpoint);
}

function validatePorts(problems: Problems, { ports }: EndpointSlice): void {
  const all = ports ?? [];
  if (all.length > portsMax) {
    problems.tooMany("ports", all.length, portsMax);
    return;
  }
  const names = new Set<string>();
  for (const [i, { appProtocol, name = "", port, protocol = "" }] of all.entries()) {
    const at = path("ports").index(i);
    if (name !== "") problems.each(at.child("name"), name, dns1123Label(name));
    if (names.has(name)) problems.duplicate(at.child("name"), name);
    names.add(name);
    if (port !== undefined) problems.port(at.child("port"), port);
    problems.oneOf(at.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
    if (appProtocol === undefined) continue;
    problems.each(at.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
  }
}

export const endpointSliceStrategy = kindStrategy<EndpointSlice>({
  resource: endpointSlices,
  generation: true,
  metadata: "none",
  validate(problems, slice) {
    const { addressType } = slice;
    checkMeta(problems, slice, { resource: endpointSlices });
    problems.requiredOneOf("addressType", addressType, ["FQDN", "IPv4", "IPv6"]);
    const all = slice.endpoints ?? [];
    if (all.length > endpointsMax) problems.tooMany("endpoints", all.length, endpointsMax);
    else {
      for (const [i, endpoint] of all.entries()) {
        validateEndpoint(problems, path("endpoints").index(i), addressType, endpoint);
      }
    }
    validatePorts(problems, slice);
  },
  validateUpdate: (problems, { addressType }, old) =>
    problems.immutable("addressType", addressType, old.addressType),
  warnings({ addressType, endpoints }) {
    const found =
      addressType === "FQDN"
        ? ["addressType: FQDN endpoints are deprecated"]
        : (endpoints ?? []).flatMap((endpoint, i) =>
            (endpoint.addresses ?? []).flatMap((address, j) =>
              ipWarnings(path("endpoints").index(i).child("addresses").index(j), address),
            ),
          );
    return found;
  },
});
