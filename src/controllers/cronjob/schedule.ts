/**
 * Cron schedules: five fields, names of months and days, steps, and the usual `@` words.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */

interface Field {
  values: Set<number>;
  /** Written as `*` or `?`. */
  any: boolean;
}

export interface Schedule {
  minute: Field;
  hour: Field;
  day: Field;
  month: Field;
  weekday: Field;
  /** IANA name; undefined: UTC. */
  timeZone: string | undefined;
  /** From `@every`: milliseconds between runs. */
  everyMs?: number;
}

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const weekdays = "sun mon tue wed thu fri sat".split(" ");
const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** @throws Error when the text is no schedule or the time zone is unknown. */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const every = /^@every (\d+)([hms])$/.exec(text);
  const parts = (words[text] ?? (every ? "* * * * *" : text)).trim().split(/\s+/);
  if (parts.length !== 5)
    throw new Error(`expected exactly 5 fields, found ${parts.length}: ${text}`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = parts;
  if (timeZone !== undefined) formatterFor(timeZone);
  const unitMs = { h: 3_600_000, m: 60_000, s: 1_000 };
  return {
    minute: parseField(minute, 0, 59),
    hour: parseField(hour, 0, 23),
    day: parseField(day, 1, 31),
    month: parseField(month, 1, 12, months, 1),
    weekday: parseField(weekday, 0, 7, weekdays, 0),
    timeZone,
    ...(every ? { everyMs: Number(every[1]) * unitMs[every[2] as "h" | "m" | "s"] } : {}),
  };
}

function parseField(
  text: string,
  min: number,
  max: number,
  names: readonly string[] = [],
  firstName = 0,
): Field {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", stepText] = part.split("/");
    const step = stepText === undefined ? 1 : Number(stepText);
    const everything = range === "*" || range === "?";
    const [first = "", last] = everything ? [String(min), String(max)] : range.split("-");
    const from = numberOf(first, names, firstName);
    const openEnd = stepText === undefined ? from : max;
    const to = last === undefined ? openEnd : numberOf(last, names, firstName);
    if (!(step >= 1) || !(from >= min) || !(to <= max) || from > to) {
      throw new Error(`not a field of a schedule: ${text}`);
    }
    for (let value = from; value <= to; value += step) values.add(value);
  }
  // Sunday is 0 and 7.
  if (max === 7 && values.has(7)) values.add(0);
  return { values, any: text.startsWith("*") || text.startsWith("?") };
}

function numberOf(text: string, names: readonly string[], firstName: number): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + firstName;
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

const minuteMs = 60_000;
/** A schedule that has no time within this never has one (30 February). */
const searchMsMax = 5 * 366 * 24 * 60 * minuteMs;

/** The first scheduled time after `afterMs`; undefined when there is none. */
export function nextTime(schedule: Schedule, afterMs: number): number | undefined {
  if (schedule.everyMs) return Math.floor(afterMs / 1_000) * 1_000 + schedule.everyMs;
  const endMs = afterMs + searchMsMax;
  let ms = (Math.floor(afterMs / minuteMs) + 1) * minuteMs;
  while (ms < endMs) {
    const at = wallTime(ms, schedule.timeZone);
    if (!schedule.month.values.has(at.month) || !dayFits(schedule, at)) {
      // To the next local midnight, or near it where clocks change.
      ms += Math.max(1, (24 - at.hour) * 60 - at.minute - 60) * minuteMs;
    } else if (!schedule.hour.values.has(at.hour)) ms += (60 - at.minute) * minuteMs;
    else if (!schedule.minute.values.has(at.minute)) ms += minuteMs;
    else return ms;
  }
  return undefined;
}

/** Day of month and day of week are alternatives when both are restricted. */
function dayFits({ day, weekday }: Schedule, at: WallTime): boolean {
  const byDay = day.values.has(at.day);
  const byWeekday = weekday.values.has(at.weekday);
  return day.any || weekday.any ? byDay && byWeekday : byDay || byWeekday;
}

interface WallTime {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
}

function wallTime(ms: number, timeZone: string | undefined): WallTime {
  if (timeZone === undefined || timeZone === "UTC" || timeZone === "Etc/UTC") {
    const date = new Date(ms);
    return {
      minute: date.getUTCMinutes(),
      hour: date.getUTCHours(),
      day: date.getUTCDate(),
      month: date.getUTCMonth() + 1,
      weekday: date.getUTCDay(),
    };
  }
  const parts = formatterFor(timeZone).formatToParts(ms);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return {
    minute: Number(part("minute")),
    hour: Number(part("hour")),
    day: Number(part("day")),
    month: Number(part("month")),
    weekday: weekdays.indexOf(part("weekday").toLowerCase()),
  };
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  formatters.set(timeZone, made);
  return made;
}

/**
 * The latest scheduled time in (`afterMs`, `nowMs`], and whether more than one (or more than a
 * hundred) was missed.
 */
export function latestMissed(
  schedule: Schedule,
  afterMs: number,
  nowMs: number,
): { ms: number | undefined; missed: "none" | "few" | "many" } {
  let latest: number | undefined;
  let count = 0;
  for (let ms = nextTime(schedule, afterMs); ms !== undefined && ms <= nowMs;) {
    latest = ms;
    count++;
    // Long outages: go near the end rather than through all of it.
    if (count === 101) ms = nextTime(schedule, Math.max(ms, nowMs - 62 * 24 * 60 * minuteMs));
    else ms = nextTime(schedule, ms);
    if (count > 100_000) break;
  }
  return { ms: latest, missed: count <= 1 ? "none" : count <= 100 ? "few" : "many" };
}
