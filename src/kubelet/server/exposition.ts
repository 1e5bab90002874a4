/** Prometheus' text format, for metrics that are made from a snapshot rather than kept. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was measured; without, when it was asked for. */
  readonly timeMs?: number | undefined;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
}

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** Families without a sample are left out. */
export function exposition(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value, timeMs } of samples) {
      const time = timeMs === undefined ? "" : ` ${Math.round(timeMs)}`;
      lines.push(`${name}${labelText(labels)} ${value}${time}`);
    }
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function labelText(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`));
}
