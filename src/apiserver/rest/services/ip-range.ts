import type { Chance } from "#base/chance.ts";

/** A range of IPv4 addresses such as `10.96.0.0/16`. */
export class IpRange {
  readonly text: string;
  readonly #base: number;
  readonly #size: number;

  /** @throws Error when `text` is no IPv4 range. */
  constructor(text: string) {
    const [address = "", bits = ""] = text.split("/");
    const prefix = Number(bits);
    const base = toNumber(address);
    if (base === undefined || bits === "" || !(prefix >= 8 && prefix <= 30)) {
      throw new Error(`${text} is no range of IPv4 addresses`);
    }
    this.text = text;
    this.#size = 2 ** (32 - prefix);
    this.#base = base - (base % this.#size);
  }

  /** The first address that can be given away. */
  get first(): string {
    return toText(this.#base + 1);
  }

  /** Whether the address can be given away: inside, and neither network nor broadcast address. */
  contains(address: string): boolean {
    const number = toNumber(address);
    if (number === undefined) return false;
    const offset = number - this.#base;
    return offset > 0 && offset < this.#size - 1;
  }

  /**
   * Every address once: first the upper part from a random place on, then the lower part, which is
   * left to those who choose addresses themselves (KEP-3070).
   */
  *candidates(chance: Chance): Generator<string> {
    const lowest = 1;
    const highest = this.#size - 1;
    const lower = Math.min(Math.max(16, this.#size / 16), 256);
    const split = lower < highest ? lower : lowest;
    for (const offset of shuffledFrom(split, highest, chance)) yield toText(this.#base + offset);
    for (const offset of shuffledFrom(lowest, split, chance)) yield toText(this.#base + offset);
  }
}

/** `from` … `to - 1`, starting somewhere at random and going round. */
export function* shuffledFrom(from: number, to: number, chance: Chance): Generator<number> {
  const count = to - from;
  if (count <= 0) return;
  const start = chance.integer(count);
  for (let step = 0; step < count; step++) yield from + ((start + step) % count);
}

function toNumber(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
