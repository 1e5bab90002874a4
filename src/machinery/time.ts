/** API times as JSON has them: RFC 3339 text, read as strictly as upstream reads it. */

const shape =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const canonicalTime =
  /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
/** Go's zero time, which counts as "not set". */
const zeroSeconds = -62_135_596_800;

/** A moment: whole seconds since the Unix epoch and the nanoseconds after them. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
  /** How many digits of a second's fraction the text had. */
  readonly fractionDigits: number;
}

/** Reads RFC 3339; undefined when the text is none or names a moment that does not exist. */
export function parseMoment(text: string): Moment | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const [fraction = "", sign, offsetHours, offsetMinutes] = match.slice(7);
  if (Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59) return undefined;
  const offset = Number(offsetHours ?? 0) * 3600 + Number(offsetMinutes ?? 0) * 60;
  const local = date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
  return {
    seconds: sign === "-" ? local + offset : local - offset,
    nanos: Number(fraction.slice(0, 9).padEnd(9, "0")),
    fractionDigits: fraction.length,
  };
}

/** Milliseconds since the Unix epoch; undefined when the text is no RFC 3339 time. */
export function timeToMs(text: string | null | undefined): number | undefined {
  const moment = text == null ? undefined : parseMoment(text);
  return moment && moment.seconds * 1000 + Math.trunc(moment.nanos / 1e6);
}

/** Whether a moment is Go's zero time. */
export function isZeroMoment({ seconds, nanos }: Pick<Moment, "seconds" | "nanos">): boolean {
  return seconds === zeroSeconds && nanos === 0;
}

function dateText(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return text.slice(0, text.length - 5);
}

/** A `Time`: whole seconds in UTC. */
export function formatSeconds(seconds: number): string {
  return `${dateText(seconds)}Z`;
}

/** A `MicroTime`: six digits of a fraction, in UTC. */
export function formatMicro({ seconds, nanos }: Pick<Moment, "seconds" | "nanos">): string {
  const micros = String(Math.trunc(nanos / 1000)).padStart(6, "0");
  return `${dateText(seconds)}.${micros}Z`;
}

/**
 * The canonical form of a `Time`, or null for the zero time. Throws an error worded as upstream's.
 */
export function canonicalSeconds(text: string): string | null {
  if (canonicalTime.test(text)) return text;
  const moment = parseMoment(text) ?? fail(text, "2006-01-02T15:04:05Z07:00");
  return isZeroMoment({ seconds: moment.seconds, nanos: 0 }) ? null : formatSeconds(moment.seconds);
}

/** The canonical form of a `MicroTime`, or null for the zero time; throws likewise. */
export function canonicalMicro(text: string): string | null {
  const moment = parseMoment(text);
  if (moment?.fractionDigits !== 6) return fail(text, "2006-01-02T15:04:05.000000Z07:00");
  return isZeroMoment(moment) ? null : formatMicro(moment);
}

function fail(text: string, layout: string): never {
  const quoted = JSON.stringify(text);
  throw new Error(`parsing time ${quoted} as "${layout}": cannot parse ${quoted} as "2006"`);
}
