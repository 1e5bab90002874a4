import {
  type Cidr, cidrContains, formatIp, type IpAddress, isCanonicalIp, parseCidr, parseIp,
} from "#machinery/validation/ip.ts"; // prettier-ignore
import { bool, int, opaque, string } from "../types.ts";
import { CelError, CelOpaque } from "../values.ts";
import {
  type CelLibrary,
  costFactors,
  type CostModel,
  fixed,
  global,
  member,
  type Overload,
  scaled,
  sum,
  traversal,
} from "./library.ts";

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library and CIDR. */

const ipType = opaque("net.IP");
const cidrType = opaque("net.CIDR");

class CelIp extends CelOpaque {
  readonly typeName = "net.IP";
  readonly ip: IpAddress;
  constructor(ip: IpAddress) {
    super();
    this.ip = ip;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelIp && formatIp(other.ip) === formatIp(this.ip);
  }
}

class CelCidr extends CelOpaque {
  readonly typeName = "net.CIDR";
  /** As it was written: the address may have bits beyond the prefix. */
  readonly address: IpAddress;
  readonly cidr: Cidr;
  constructor(address: IpAddress, cidr: Cidr) {
    super();
    this.address = address;
    this.cidr = cidr;
  }
  equals(other: CelOpaque): boolean {
    return (
      other instanceof CelCidr &&
      formatIp(other.address) === formatIp(this.address) &&
      other.cidr.bits === this.cidr.bits
    );
  }
}

/** IPv4 addresses inside IPv6 and zones are refused: they have led to trouble. */
function readIp(text: string): IpAddress | undefined {
  if (text.includes("%") || /^::ffff:/i.test(text) || hasLeadingZeros(text)) return undefined;
  return parseIp(text);
}

function hasLeadingZeros(text: string): boolean {
  return !text.includes(":") && /(?:^|\.)0\d/.test(text);
}

function ip(text: string): CelIp {
  const parsed = readIp(text);
  if (parsed) return new CelIp(parsed);
  throw new CelError(
    `IP Address ${JSON.stringify(text)} parse error during conversion from string`,
  );
}

function readCidr(text: string): CelCidr | undefined {
  const [base = "", length = ""] = text.split("/");
  const address = readIp(base);
  const cidr = parseCidr(text);
  if (!address || !cidr || !/^(?:0|[1-9]\d*)$/.test(length)) return undefined;
  return new CelCidr(address, cidr);
}

function cidr(text: string): CelCidr {
  const parsed = readCidr(text);
  if (parsed) return parsed;
  throw new CelError(
    `network address parse error during conversion from string: ${JSON.stringify(text)}`,
  );
}

function masked({ cidr: { network, bits } }: CelCidr): CelCidr {
  return new CelCidr(network, { address: network, network, bits });
}

function containsIp({ cidr: range }: CelCidr, address: CelIp): boolean {
  return range.network.family === address.ip.family && cidrContains(range, address.ip);
}

function containsCidr(range: CelCidr, other: CelCidr): boolean {
  return range.cidr.bits <= other.cidr.bits && containsIp(range, new CelIp(other.cidr.network));
}

function inRange(first: string, bits: number): ({ ip }: CelIp) => boolean {
  const network = parseIp(first)!;
  return ({ ip: address }) =>
    address.family === network.family && cidrContains({ address: network, network, bits }, address);
}

const either =
  (...checks: ((ip: CelIp) => boolean)[]) =>
  (address: CelIp) =>
    checks.some((holds) => holds(address));
const isUnspecified = either(inRange("0.0.0.0", 32), inRange("::", 128));
const isLoopback = either(inRange("127.0.0.0", 8), inRange("::1", 128));
const isLinkLocalMulticast = either(inRange("224.0.0.0", 24), inRange("ff02::", 16));
const isLinkLocalUnicast = either(inRange("169.254.0.0", 16), inRange("fe80::", 10));
const isMulticast = either(inRange("224.0.0.0", 4), inRange("ff00::", 8));
const isBroadcast = inRange("255.255.255.255", 32);

function isGlobalUnicast(address: CelIp): boolean {
  const others = [isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast];
  return !others.some((holds) => holds(address));
}

const parsing = traversal(0);
const parsingTwice = traversal(0, { factor: 2 * costFactors.traversal });

/** Comparing addresses bit by bit; a text has to be read first. */
function containing(extra: number, isText: boolean): CostModel {
  const size = { min: 4, max: 16 };
  const base = sum(scaled(size, 2 * costFactors.traversal), fixed(extra));
  return {
    actual: ([, other]) =>
      1 + extra + (isText ? Math.ceil((other as string).length * costFactors.traversal) : 0),
    estimate: ([, other]) => ({
      cost: isText ? sum(base, scaled(other!.size, costFactors.traversal)) : base,
    }),
  };
}

const ipChecks: readonly (readonly [string, (ip: CelIp) => boolean])[] = [
  ["isUnspecified", isUnspecified],
  ["isLoopback", isLoopback],
  ["isLinkLocalMulticast", isLinkLocalMulticast],
  ["isLinkLocalUnicast", isLinkLocalUnicast],
  ["isGlobalUnicast", isGlobalUnicast],
];

const ipFunctions: readonly (readonly [string, Overload])[] = [
  ["ip", global("string_to_ip", [string], ipType, ip, parsing)],
  ["isIP", global("is_ip", [string], bool, (text: string) => readIp(text) !== undefined, parsing)],
  ["ip.isCanonical", global("ip_is_canonical", [string], bool, (text: string) => { ip(text); return isCanonicalIp(text); }, parsingTwice)],
  ["family", member("ip_family", [ipType], int, ({ ip: { family } }: CelIp) => BigInt(family))],
  ...ipChecks.map(([name, run]) => [name, member(`ip_${name}`, [ipType], bool, run)] as const),
  ["string", global("ip_to_string", [ipType], string, ({ ip: address }: CelIp) => formatIp(address))],
]; // prettier-ignore

const cidrFunctions: readonly (readonly [string, Overload])[] = [
  ["cidr", global("string_to_cidr", [string], cidrType, cidr, parsing)],
  ["isCIDR", global("is_cidr", [string], bool, (text: string) => readCidr(text) !== undefined, parsing)],
  ["containsIP", member("cidr_contains_ip_string", [cidrType, string], bool, (range: CelCidr, text: string) => containsIp(range, ip(text)), containing(0, true))],
  ["containsIP", member("cidr_contains_ip_ip", [cidrType, ipType], bool, containsIp, containing(0, false))],
  ["containsCIDR", member("cidr_contains_cidr_string", [cidrType, string], bool, (range: CelCidr, text: string) => containsCidr(range, cidr(text)), containing(2, true))],
  ["containsCIDR", member("cidr_contains_cidr", [cidrType, cidrType], bool, containsCidr, containing(2, false))],
  ["ip", member("cidr_ip", [cidrType], ipType, ({ address }: CelCidr) => new CelIp(address))],
  ["masked", member("cidr_masked", [cidrType], cidrType, masked)],
  ["prefixLength", member("cidr_prefix_length", [cidrType], int, ({ cidr: { bits } }: CelCidr) => BigInt(bits))],
  ["string", global("cidr_to_string", [cidrType], string, ({ address, cidr: { bits } }: CelCidr) => `${formatIp(address)}/${bits}`)],
]; // prettier-ignore

export const networkLibrary: CelLibrary = {
  functions: [...ipFunctions, ...cidrFunctions],
  typeNames: { "net.IP": ipType, "net.CIDR": cidrType },
};
