/** Arithmetic of IPv4 address ranges. */

export interface Cidr {
  /** The first address as a 32-bit number. */
  base: number;
  bits: number;
}

/** @throws Error when the text is no IPv4 range such as `10.244.0.0/16`. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = numbers;
  if (Math.max(a, b, c, d) > 255 || bits > 32) throw new Error(`not an IPv4 range: ${text}`);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return { base: Math.floor(address / size) * size, bits };
}

/** How many ranges of `bits` the range holds. */
export function cidrCount(range: Cidr, bits: number): number {
  return bits < range.bits ? 0 : 2 ** (bits - range.bits);
}

/** The text of the `index`th range of `bits`. */
export function cidrAt(range: Cidr, bits: number, index: number): string {
  const address = range.base + index * 2 ** (32 - bits);
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  return `${octets.join(".")}/${bits}`;
}
