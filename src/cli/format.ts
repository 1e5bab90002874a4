/** Small texts for people: durations, sizes, tables. All pure. */

/** `0.4 s`, `12 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `87 MB`; sizes are decimal, as on a disk's label. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

/** Columns of equal width, two blanks apart, without blanks at line ends. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, at) => Math.max(known[at] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) => indent + row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

const logLineCharsMax = 300;

/** A line of a process's log for people: message and error of a structured one, else as it is. */
export function logLineText(line: string): string {
  const text = structuredText(line) ?? line;
  return text.length > logLineCharsMax ? `${text.slice(0, logLineCharsMax)} …` : text;
}

function structuredText(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { level, message, component, error } = JSON.parse(line) as Record<string, unknown>;
    const cause = (error as { message?: unknown } | undefined)?.message;
    const words = [level, component, message, cause].filter((word) => typeof word === "string");
    return words.join(": ");
  } catch {
    return undefined;
  }
}
