const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `"1h30m"`, `"90s"`, `"250ms"`, `"2d"`, or of a number of milliseconds. */
export function parseDuration(duration: string | number): number {
  if (typeof duration === "number") return duration;
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(duration)) {
    throw new Error(`${JSON.stringify(duration)} is no duration; write "90s" or "1h30m"`);
  }
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}
