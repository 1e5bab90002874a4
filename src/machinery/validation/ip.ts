/**
 * IP addresses and CIDRs as upstream reads them: leading zeros and IPv4-mapped IPv6 are accepted
 * (they were once, and stored objects have them) and can be told from the canonical form.
 */

/** A parsed address; IPv4-mapped IPv6 addresses are IPv4, as in Go. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** The value, of 32 or 128 bits. */
  readonly value: bigint;
}

export interface Cidr {
  /** The address as written. */
  readonly address: IpAddress;
  readonly bits: number;
  /** The first address of the range. */
  readonly network: IpAddress;
}

function parse4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d+$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256n + BigInt(Number(part));
  }
  return value;
}

function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const values: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    if (at === parts.length - 1 && part.includes(".")) {
      const tail = parse4(part);
      if (tail === undefined) return undefined;
      values.push(Number(tail >> 16n), Number(tail & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      values.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return values;
}

function parse6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] as string);
  const tail = halves.length === 2 ? groups(halves[1] as string) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return all.reduce((value, group) => value * 65536n + BigInt(group), 0n);
}

const mapped = 0xffffn;

/** The address, or undefined when the text is none. */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(":")) {
    const value = parse4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parse6(text);
  if (value === undefined) return undefined;
  if (value >> 32n === mapped) return { family: 4, value: value & 0xffffffffn };
  return { family: 6, value };
}

/** The range, or undefined when the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!address || !/^\d{1,3}$/.test(length)) return undefined;
  const written6 = text.includes(":");
  const size = written6 ? 128 : 32;
  let bits = Number(length);
  if (bits > size) return undefined;
  if (written6 && address.family === 4) bits = Math.max(0, bits - 96);
  const width = address.family === 4 ? 32n : 128n;
  const host = width - BigInt(bits);
  return {
    address,
    bits,
    network: { family: address.family, value: (address.value >> host) << host },
  };
}

/** The canonical text (RFC 5952 for IPv6). */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
  }
  const parts = Array.from({ length: 8 }, (_, at) =>
    Number((value >> BigInt(112 - 16 * at)) & 0xffffn),
  );
  const zeros = longestZeros(parts);
  const text = (slice: number[]) => slice.map((part) => part.toString(16)).join(":");
  if (zeros.length < 2) return text(parts);
  return `${text(parts.slice(0, zeros.start))}::${text(parts.slice(zeros.start + zeros.length))}`;
}

function longestZeros(parts: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < parts.length; start++) {
    let end = start;
    while (parts[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

export function formatCidr({ network, bits }: Cidr): string {
  return `${formatIp(network)}/${bits}`;
}

/** Whether the text is an IPv6 address; false also for what is no address. */
export function isIpv6(text: string): boolean {
  return parseIp(text)?.family === 6;
}

/** Whether the list has addresses of both families. */
export function isDualStack(texts: readonly string[]): boolean {
  const families = new Set(texts.map((text) => parseIp(text)?.family));
  return families.has(4) && families.has(6);
}

/** Whether the list has ranges of both families. */
export function isDualStackCidrs(texts: readonly string[]): boolean {
  const families = new Set(texts.map((text) => parseCidr(text)?.address.family));
  return families.has(4) && families.has(6);
}

export function cidrContains(cidr: Cidr, ip: IpAddress): boolean {
  if (ip.family !== cidr.network.family) return false;
  const host = (ip.family === 4 ? 32n : 128n) - BigInt(cidr.bits);
  return ip.value >> host === cidr.network.value >> host;
}

export const ipMessage = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
export const cidrMessage = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Whether the text is written as the address's canonical form. */
export function isCanonicalIp(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && formatIp(ip) === text;
}

/** What is special about an address that endpoints may not have; undefined when nothing. */
export function specialIp(text: string): string[] {
  const ip = parseIp(text);
  if (!ip) return ["must be a valid IP address"];
  const { family, value } = ip;
  const v4 = family === 4;
  const errors: string[] = [];
  if (value === 0n) errors.push(`may not be unspecified (${text})`);
  if (v4 ? value >> 24n === 127n : value === 1n) {
    errors.push("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (v4 ? value >> 16n === 0xa9fen : value >> 118n === 0x3fan) {
    errors.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (v4 ? value >> 8n === 0xe00000n : isLinkLocalMulticast6(value)) {
    errors.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return errors;
}

function isLinkLocalMulticast6(value: bigint): boolean {
  return value >> 120n === 0xffn && ((value >> 112n) & 0x0fn) === 2n;
}
