import type { KubeObject } from "#machinery/meta.ts";
import { labelQuery, type LabelSelectorObject } from "#machinery/selectors.ts";

/** How the cells of tables are worded, as upstream's printers word them. */

export const none = "<none>";
export const unset = "<unset>";
export const unknown = "<unknown>";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** `3d4h`: two units at most, the second only while the first is small. */
export function humanDuration(ms: number): string {
  // Towards zero: clocks of two machines may differ by a second or two.
  const seconds = Math.trunc(ms / second);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 60 * 2) return `${seconds}s`;
  if (ms < 10 * minute) return two(ms, minute, "m", second, "s");
  if (ms < 3 * hour) return `${Math.floor(ms / minute)}m`;
  if (ms < 8 * hour) return two(ms, hour, "h", minute, "m");
  if (ms < 48 * hour) return `${Math.floor(ms / hour)}h`;
  if (ms < 8 * day) return two(ms, day, "d", hour, "h");
  if (ms < 2 * year) return `${Math.floor(ms / day)}d`;
  if (ms < 8 * year) return two(ms, year, "y", day, "d");
  return `${Math.floor(ms / year)}y`;
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)}${bigName}${rest === 0 ? "" : `${rest}${smallName}`}`;
}

/** How long ago a time was; `<unknown>` when it was never. */
export function ago(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - Date.parse(time)) : unknown;
}

export function age({ metadata }: KubeObject, now: number): string {
  return ago(metadata.creationTimestamp, now);
}

/** `a,b,c + 2 more...` */
export function some(items: readonly string[], max: number): string {
  const shown = items.slice(0, max).join(",");
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

/** `a=b,c in (d,e)`, or `<none>`. */
export function selectorText(selector: LabelSelectorObject | null | undefined): string {
  if (!selector) return none;
  try {
    return labelQuery(selector).toString() || none;
  } catch {
    return "<error>";
  }
}

/** `a=b,c=d` in the order of the keys, or `<none>`. */
export function labelsText(labels: Readonly<Record<string, string>> | null | undefined): string {
  const pairs = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, value]) => `${key}=${value}`).join(",") || none;
}

interface BalancerPoint {
  readonly ip?: string | undefined;
  readonly hostname?: string | undefined;
}

/** The addresses of a load balancer, sorted, each once. */
export function balancerAddresses(points: readonly BalancerPoint[] | null | undefined): string[] {
  const all = (points ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(all.filter((address) => address !== ""))].toSorted();
}

const storageClassAnnotation = "volume.beta.kubernetes.io/storage-class";

/** The storage class; what it was called by before it had a field counts first. */
export function storageClassText({ metadata }: KubeObject, name: string | undefined): string {
  return metadata.annotations?.[storageClassAnnotation] ?? name ?? "";
}

/** The name, and whether a class is what those get who name none. */
export function classNameText({ metadata }: KubeObject, annotations: readonly string[]): string {
  const isDefault = annotations.some((name) => metadata.annotations?.[name] === "true");
  return isDefault ? `${metadata.name} (default)` : metadata.name;
}

interface HasContainers {
  readonly containers?:
    | readonly { readonly name: string; readonly image?: string | undefined }[]
    | null;
}

export function containerNames(spec: HasContainers | null | undefined): string {
  return (spec?.containers ?? []).map(({ name }) => name).join(",");
}

export function imageNames(spec: HasContainers | null | undefined): string {
  return (spec?.containers ?? []).map(({ image }) => image ?? "").join(",");
}

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** `RWO,RWX`, each once, in the order that upstream knows them. */
export function accessModesText(modes: readonly string[] | null | undefined): string {
  return Object.keys(accessModes)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => accessModes[mode])
    .join(",");
}
