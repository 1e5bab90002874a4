/** Cron schedules: five fields, or a name such as `@hourly`, or `@every 1h30m`. */

interface Bounds {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields: readonly Bounds[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: months },
  { name: "day of week", min: 0, max: 6, names: days },
];
const descriptors = [
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
];

/** What is wrong with a schedule, in the words of the library that upstream uses. */
export function scheduleMistake(schedule: string): string | undefined {
  let text = schedule;
  const zone = /^(?:CRON_)?TZ=(\S*) +(.*)$/.exec(schedule);
  if (zone) {
    if (!isTimeZone(zone[1] ?? "")) return `provided bad location ${zone[1]}`;
    text = zone[2] ?? "";
  }
  if (text.startsWith("@")) return descriptorMistake(text);
  const parts = text.trim().split(/\s+/).filter(Boolean);
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  }
  for (const [i, part] of parts.entries()) {
    const mistake = fieldMistake(part, fields[i] as Bounds);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function descriptorMistake(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  const every = /^@every (.*)$/.exec(text);
  if (!every) return `unrecognized descriptor: ${text}`;
  const duration = /^([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(every[1] ?? "");
  return duration ? undefined : `failed to parse duration ${text}: time: invalid duration`;
}

function fieldMistake(field: string, bounds: Bounds): string | undefined {
  for (const range of field.split(",")) {
    const mistake = rangeMistake(range, bounds);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function rangeMistake(range: string, bounds: Bounds): string | undefined {
  const stepped = range.split("/");
  if (stepped.length > 2) return `too many slashes: ${range}`;
  const ends = (stepped[0] ?? "").split("-");
  let from = bounds.min;
  let to = bounds.max;
  if (stepped[0] !== "*" && stepped[0] !== "?") {
    if (ends.length > 2) return `too many hyphens: ${range}`;
    const values = ends.map((end) => valueOf(end, bounds));
    const bad = values.findIndex((value) => value === undefined);
    if (bad >= 0) {
      return `failed to parse int from ${ends[bad]}: strconv.Atoi: parsing "${ends[bad]}": invalid syntax`;
    }
    from = values[0] as number;
    to = ends.length === 2 ? (values[1] as number) : stepped.length === 2 ? bounds.max : from;
  }
  const step = stepped[1];
  if (step !== undefined) {
    if (!/^\d+$/.test(step)) {
      return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
    }
    if (Number(step) === 0) return `step of range should be a positive number: ${range}`;
  }
  if (from < bounds.min)
    return `beginning of range (${from}) below minimum (${bounds.min}): ${range}`;
  if (to > bounds.max) return `end of range (${to}) above maximum (${bounds.max}): ${range}`;
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${range}`;
  return undefined;
}

function valueOf(text: string, { min, names }: Bounds): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + min;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether the name is one of the time zone database. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
