import { path } from "#machinery/field-error.ts";
import { dns1123Subdomain, pathSegmentName } from "#machinery/names.ts";
import {
  cidrMessage,
  formatCidr,
  formatIp,
  ipMessage,
  isDualStackCidrs,
  parseCidr,
  parseIp,
} from "#machinery/validation/ip.ts";
import { immutableMessage, type Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type IPAddress, ipAddresses, type ParentReference } from "./ip-address.ts";
import { type ServiceCIDR, serviceCIDRs } from "./service-cidr.ts";

/** The addresses of Services: which there are, and which are taken. */

const parentAt = path("spec", "parentRef");

/** An address as everybody would write it. */
function canonicalIp(text: string): string[] {
  const ip = parseIp(text);
  if (!ip) return [ipMessage];
  const canonical = formatIp(ip);
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

function validateParent(problems: Problems, parent: ParentReference): void {
  const { group, name, namespace, resource } = parent;
  if (group) problems.each(parentAt.child("group"), group, dns1123Subdomain(group));
  problems.name(parentAt.child("resource"), resource, pathSegmentName);
  problems.name(parentAt.child("name"), name, pathSegmentName);
  if (namespace) problems.each(parentAt.child("namespace"), namespace, pathSegmentName(namespace));
}

export const ipAddressStrategy = kindStrategy<IPAddress>({
  resource: ipAddresses,
  generation: false,
  updateSkipsValidate: true,
  validateName: canonicalIp,
  validate(problems, { spec }) {
    if (spec.parentRef) validateParent(problems, spec.parentRef);
    else problems.required(parentAt);
  },
  validateUpdate: (problems, { spec }, old) =>
    problems.immutable(parentAt, spec.parentRef, old.spec.parentRef),
});

const cidrsAt = path("spec", "cidrs");

function validateCidrs(problems: Problems, { spec }: ServiceCIDR): void {
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) {
    problems.required(cidrsAt, "at least one CIDR required");
    return;
  }
  if (cidrs.length > 2) {
    problems.invalid(cidrsAt, spec, "may only hold up to 2 values");
    return;
  }
  for (const [i, text] of cidrs.entries()) validateCidr(problems, i, text);
  const known = cidrs.every((text) => parseCidr(text) !== undefined);
  if (cidrs.length === 2 && known && !isDualStackCidrs(cidrs)) {
    const detail =
      "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    problems.invalid(cidrsAt, cidrs, detail);
  }
}

function validateCidr(problems: Problems, i: number, text: string): void {
  const cidr = parseCidr(text);
  if (!cidr) {
    problems.invalid(cidrsAt.index(i), text, cidrMessage);
    return;
  }
  const canonical = formatCidr(cidr);
  if (canonical === text) return;
  const slash = text.lastIndexOf("/");
  const ip = parseIp(text.slice(0, slash));
  const detail =
    ip && ip.value !== cidr.network.value
      ? "must not have bits set beyond the prefix length"
      : `must be in canonical form (${JSON.stringify(canonical)})`;
  problems.invalid(cidrsAt.index(i), text, detail);
}

export const serviceCidrStrategy = kindStrategy<ServiceCIDR>({
  resource: serviceCIDRs,
  generation: false,
  updateSkipsValidate: true,
  validate: validateCidrs,
  validateUpdate(problems, serviceCidr, old) {
    const cidrs = serviceCidr.spec.cidrs ?? [];
    const before = old.spec.cidrs ?? [];
    // A second family may be added.
    const grows = before.length === 1 && cidrs.length === 2;
    if (!grows && cidrs.length !== before.length) {
      problems.invalid(cidrsAt, cidrs, immutableMessage);
      return;
    }
    for (const [i, text] of before.entries()) {
      if (text !== cidrs[i]) problems.invalid(cidrsAt.index(i), cidrs[i], immutableMessage);
    }
    if (grows) validateCidrs(problems, serviceCidr);
  },
});
