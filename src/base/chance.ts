import { randomBytes, randomUUID } from "node:crypto";

/**
 * Chance comes in through the door: names, uids, jitter and samples are drawn from the `Chance` a
 * component was given, so that a simulated cluster replays from its seed.
 */
export interface Chance {
  /** A number in [0, 1). */
  float(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** A version 4 UUID. */
  uuid(): string;
  /** `length` random bytes. Only `systemChance` is fit for secrets. */
  bytes(length: number): Uint8Array;
}

/** The operating system's randomness: fit for secrets. */
export const systemChance: Chance = {
  float: () => Math.random(),
  integer: (below) => Math.floor(Math.random() * below),
  uuid: () => randomUUID(),
  bytes: (length) => randomBytes(length),
};

/** Repeatable chance from a 32-bit seed (splitmix32); never for secrets. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
  const chance: Chance = {
    float: () => next() / 2 ** 32,
    integer: (below) => Math.floor(chance.float() * below),
    uuid() {
      const hex = Buffer.from(chance.bytes(16)).toString("hex");
      const variant = "89ab"[chance.integer(4)];
      return [
        hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`,
        `${variant}${hex.slice(17, 20)}`, hex.slice(20),
      ].join("-"); // prettier-ignore
    },
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
  return chance;
}

/** Without vowels and look-alikes, as upstream draws name suffixes. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** The random suffix behind `generateName`: five characters unless told otherwise. */
export function nameSuffix(chance: Chance, length = 5): string {
  let suffix = "";
  for (let i = 0; i < length; i++) suffix += suffixAlphabet[chance.integer(suffixAlphabet.length)];
  return suffix;
}

/** `ms` lengthened by up to `factor` of itself, so that many clients do not act in step. */
export function jitter(chance: Chance, ms: number, factor = 1): number {
  return ms * (1 + chance.float() * factor);
}
