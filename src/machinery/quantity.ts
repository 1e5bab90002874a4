/**
 * Kubernetes quantities: fixed-point numbers with suffixes, such as `100m`, `1.5Gi` or `2e3`.
 * Exact down to 10^-9, rounded up below that, capped at 2^63-1 as upstream does.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

/** How a quantity is written: `1M`, `1Mi` or `1e6`. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** A parsed quantity. */
export interface QuantityValue {
  /** The value in units of 10^-9. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** A text that is no quantity. The message is upstream's. */
export class QuantityError extends Error {
  override name = "QuantityError";
}

const shape = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const wrongFormat =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMG]*[-+]?[0-9]*)$'";
const unit = 1_000_000_000n;
const unitsMax = (2n ** 63n - 1n) * unit;
/** Beyond these exponents a value is capped, or rounds up to the smallest one. */
const exponentMax = 40;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryPowers: Readonly<Record<string, number>> = {
  Ki: 1,
  Mi: 2,
  Gi: 3,
  Ti: 4,
  Pi: 5,
  Ei: 6,
};
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([s, e]) => [e, s]));
const binarySuffixes = ["", ...Object.keys(binaryPowers)];

interface Scale {
  readonly decimal: number;
  readonly binary: number;
  readonly format: QuantityFormat;
}

function scaleOf(suffix: string): Scale {
  if (Object.hasOwn(binaryPowers, suffix)) {
    return { decimal: 0, binary: binaryPowers[suffix] ?? 0, format: "BinarySI" };
  }
  if (Object.hasOwn(decimalExponents, suffix)) {
    return { decimal: decimalExponents[suffix] ?? 0, binary: 0, format: "DecimalSI" };
  }
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix)?.[1];
  if (exponent === undefined) throw new QuantityError("unable to parse quantity's suffix");
  return { decimal: Number(exponent), binary: 0, format: "DecimalExponent" };
}

/** Parses a quantity. Throws QuantityError. */
export function parseQuantity(text: string): QuantityValue {
  const [, sign, number, suffix] = shape.exec(text) ?? [];
  if (number === undefined || suffix === undefined) throw new QuantityError(wrongFormat);
  const [whole = "", fraction = "", ...more] = number.split(".");
  if (more.length > 0 || whole + fraction === "") throw new QuantityError(wrongFormat);
  const scale = scaleOf(suffix);
  const digits = BigInt(whole + fraction);
  const size = digits === 0n ? 0n : magnitude(digits, fraction.length, scale);
  const belowOne = size > 0n && size < unit;
  const format = scale.format === "BinarySI" && belowOne ? "DecimalSI" : scale.format;
  return { nano: sign === "-" ? -size : size, format };
}

function magnitude(digits: bigint, fractionDigits: number, scale: Scale): bigint {
  const exponent = 9 + scale.decimal - fractionDigits;
  if (exponent > exponentMax) return unitsMax;
  const scaled = digits << BigInt(10 * scale.binary);
  if (exponent >= 0) return least(scaled * 10n ** BigInt(exponent), unitsMax);
  if (-exponent > exponentMax + String(scaled).length) return 1n;
  return least(divideUp(scaled, 10n ** BigInt(-exponent)), unitsMax);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Division that rounds away from zero: who asks for something shall get something. */
function divideUp(a: bigint, b: bigint): bigint {
  const floor = a / b;
  if (a % b === 0n) return floor;
  return a < 0n ? floor - 1n : floor + 1n;
}

/** Writes a quantity in its canonical form: the shortest mantissa with an allowed suffix. */
export function formatQuantity({ nano, format }: QuantityValue): string {
  if (nano === 0n) return "0";
  const small = nano > -1024n * unit && nano < 1024n * unit;
  if (format === "BinarySI" && !small) return formatBinary(divideUp(nano, unit));
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format !== "DecimalExponent") return `${mantissa}${decimalSuffixes.get(exponent) ?? ""}`;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

function formatBinary(value: bigint): string {
  let mantissa = value;
  let power = 0;
  while (mantissa % 1024n === 0n && power < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${binarySuffixes[power] ?? ""}`;
}

interface Parsed extends QuantityValue {
  readonly canonical: string;
}

/** The same few texts come again and again. */
const known = new Map<string, Parsed>();
const knownMax = 4096;

function lookUp(text: string): Parsed {
  const found = known.get(text);
  if (found) return found;
  const value = parseQuantity(text);
  const parsed = { ...value, canonical: formatQuantity(value) };
  if (known.size >= knownMax) known.clear();
  known.set(text, parsed);
  return parsed;
}

/** The canonical form of a quantity: `1000m` is `1`, `0.5` is `500m`. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  return lookUp(text).canonical;
}

/** Whether the text is a quantity. */
export function isQuantity(text: string): boolean {
  try {
    lookUp(text);
    return true;
  } catch {
    return false;
  }
}

/** Negative, zero or positive, as a sort function wants it. Throws QuantityError. */
export function compareQuantity(a: string, b: string): number {
  const difference = lookUp(a).nano - lookUp(b).nano;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** The sum, written as `a` is unless `a` is zero. Throws QuantityError. */
export function addQuantity(a: string, b: string): string {
  const [x, y] = [lookUp(a), lookUp(b)];
  return formatQuantity({ nano: x.nano + y.nano, format: x.nano === 0n ? y.format : x.format });
}

/** The difference, written as `a` is unless `a` is zero. Throws QuantityError. */
export function subtractQuantity(a: string, b: string): string {
  const [x, y] = [lookUp(a), lookUp(b)];
  return formatQuantity({ nano: x.nano - y.nano, format: x.nano === 0n ? y.format : x.format });
}

/** The value as a JavaScript number, as exact as that can be. Throws QuantityError. */
export function quantityAsNumber(text: string): number {
  const { nano } = lookUp(text);
  return nano % unit === 0n ? Number(nano / unit) : Number(nano) / 1e9;
}

/** The value in thousandths, rounded up: `1500` for `1.5`. Throws QuantityError. */
export function milliValue(text: string): number {
  return Number(divideUp(lookUp(text).nano, 1_000_000n));
}

/** The value in whole units, rounded up: `1` for `100m`. Throws QuantityError. */
export function wholeValue(text: string): number {
  return Number(divideUp(lookUp(text).nano, unit));
}

/** The quantity of so many whole units. */
export function quantityOf(value: number, format: QuantityFormat = "DecimalSI"): string {
  return formatQuantity({ nano: BigInt(Math.ceil(value)) * unit, format });
}

/** The quantity of so many thousandths. */
export function quantityOfMilli(milli: number): string {
  return formatQuantity({ nano: BigInt(Math.ceil(milli)) * 1_000_000n, format: "DecimalSI" });
}
