import { CelError } from "./values.ts";

/** Durations and timestamps in nanoseconds, as Go reads and writes them. */

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const int64Max = 2n ** 63n - 1n;

/** `1h30m`, `-1.5s`. Throws CelError. */
export function parseDuration(text: string): bigint {
  const fail = (): never => {
    throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  };
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0n;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) fail();
  let nanos = 0n;
  for (const [, number = "", unit = ""] of body.matchAll(/(\d*\.?\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = "", fraction = ""] = number.split(".");
    const scale = units[unit] ?? 0n;
    nanos += BigInt(whole || "0") * scale;
    if (fraction !== "") nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (nanos > int64Max) fail();
  return text.startsWith("-") ? -nanos : nanos;
}

/** Seconds with as many digits as needed, as `string(duration)` gives them: `90s`, `1.5s`. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const whole = size / 1_000_000_000n;
  const rest = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${whole}${rest === "" ? "" : `.${rest}`}s`;
}

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;
const minNanos = -62_135_596_800n * 1_000_000_000n;
const maxNanos = 253_402_300_800n * 1_000_000_000n;

/** RFC 3339. Throws CelError. */
export function parseTimestamp(text: string): bigint {
  const parts = rfc3339.exec(text);
  const ms = parts ? Date.parse(`${text.slice(0, 19).toUpperCase()}Z`) : Number.NaN;
  if (!parts || Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(parts[3])) {
    throw new CelError(`parsing time ${JSON.stringify(text)}: not an RFC 3339 timestamp`);
  }
  const [fraction = "", zone = "Z"] = parts.slice(7);
  const nanos = BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  return inRange(nanos - BigInt(offsetMinutes(zone)) * 60_000_000_000n);
}

/** Throws CelError outside the years 1 to 9999. */
export function inRange(nanos: bigint): bigint {
  if (nanos >= minNanos && nanos < maxNanos) return nanos;
  throw new CelError("timestamp overflow");
}

/** RFC 3339 in UTC, with as many digits of a second as needed. */
export function formatTimestamp(nanos: bigint): string {
  const { ms, rest } = split(nanos);
  const digits = String(rest).padStart(9, "0").replace(/0+$/, "");
  const text = new Date(ms).toISOString().slice(0, 19);
  return `${text}${digits === "" ? "" : `.${digits}`}Z`;
}

function split(nanos: bigint): { ms: number; rest: bigint } {
  const second = 1_000_000_000n;
  const rest = ((nanos % second) + second) % second;
  return { ms: Number((nanos - rest) / 1_000_000n), rest };
}

function offsetMinutes(zone: string): number {
  if (zone.toUpperCase() === "Z" || zone.toUpperCase() === "UTC") return 0;
  const [, sign, hours, minutes] = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone) ?? [];
  if (hours === undefined) return Number.NaN;
  const size = Number(hours) * 60 + Number(minutes);
  return sign === "-" ? -size : size;
}

/** The fields of a moment in a time zone. */
export interface TimeParts {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0 is January 1st. */
  readonly yearDay: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly milliseconds: number;
}

/** Zone: "" is UTC, `+02:00`, or a name such as `Europe/Berlin`. Throws CelError. */
export function timeParts(nanos: bigint, zone = ""): TimeParts {
  const { ms, rest } = split(nanos);
  const local = new Date(ms + zoneOffsetMs(ms, zone === "" ? "UTC" : zone));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  return {
    year,
    month,
    day,
    weekday: local.getUTCDay(),
    yearDay: Math.round((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: Number(rest / 1_000_000n),
  };
}

function zoneOffsetMs(ms: number, zone: string): number {
  const fixed = offsetMinutes(zone);
  if (!Number.isNaN(fixed)) return fixed * 60_000;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    const name = format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
    const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    return sign === "-" ? -size : size;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}
