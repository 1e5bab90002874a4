import { type Path, path } from "#machinery/field-error.ts";
import { dns1123Label, nameIsSubdomain, qualifiedName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { specialIp } from "#machinery/validation/ip.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { ipWarnings } from "./pod-warnings-strategy.ts";
import { type EndpointAddress, type Endpoints, endpoints } from "./endpoints.ts";

const protocols = ["SCTP", "TCP", "UDP"];

function validateAddress(
  problems: Problems,
  at: Path,
  { hostname, ip, nodeName }: DeepReadonly<EndpointAddress>,
): void {
  problems.ip(at.child("ip"), ip);
  if (hostname) problems.each(at.child("hostname"), hostname, dns1123Label(hostname));
  if (nodeName !== undefined) {
    problems.each(at.child("nodeName"), nodeName, nameIsSubdomain(nodeName, false));
  }
  problems.each(at.child("ip"), ip, specialIp(ip));
}

export const endpointsStrategy = kindStrategy<Endpoints>({
  resource: endpoints,
  updateMetadata: "both",
  allowCreateOnUpdate: true,
  validate(problems, { subsets = [] }) {
    for (const [i, subset] of subsets.entries()) {
      const at = path("subsets").index(i);
      const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
      if (addresses.length === 0 && notReadyAddresses.length === 0) {
        problems.required(at, "must specify `addresses` or `notReadyAddresses`");
      }
      for (const field of ["addresses", "notReadyAddresses"] as const) {
        for (const [j, address] of (subset[field] ?? []).entries()) {
          validateAddress(problems, at.child(field).index(j), address);
        }
      }
      for (const [j, { appProtocol, name, port, protocol }] of ports.entries()) {
        const portAt = at.child("ports").index(j);
        if (ports.length > 1 && !name) problems.required(portAt.child("name"));
        else if (name) problems.each(portAt.child("name"), name, dns1123Label(name));
        problems.port(portAt.child("port"), port);
        problems.requiredOneOf(portAt.child("protocol"), protocol, protocols);
        if (appProtocol === undefined) continue;
        problems.each(portAt.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
      }
    }
  },
  warnings({ subsets = [] }) {
    const warnings: string[] = [];
    for (const [i, subset] of subsets.entries()) {
      for (const field of ["addresses", "notReadyAddresses"] as const) {
        for (const [j, { ip }] of (subset[field] ?? []).entries()) {
          const at = path("subsets").index(i).child(field).index(j).child("ip");
          warnings.push(...ipWarnings(at, ip));
        }
      }
    }
    return warnings;
  },
});
