import type { Path } from "#machinery/field-error.ts";
import { byteLength, cIdentifier, dns1123Label, dns1123Subdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateCsiDriverName } from "../core/vendor-volume-validation.ts";

/** The names that dynamic resource allocation knows, and lists and maps of bounded size. */

const poolBytesMax = 253;
const identifierBytesMax = 32;

export function validateDriverName(problems: Problems, at: Path, name: string): void {
  validateCsiDriverName(problems, at, name);
}

/** Of a device, a request or a counter. */
export function validateDeviceName(problems: Problems, at: Path, name: string): void {
  problems.name(at, name, dns1123Label);
}

export function validatePoolName(problems: Problems, at: Path, name: string): void {
  if (name === "") {
    problems.required(at);
    return;
  }
  problems.maxBytes(at, name, poolBytesMax);
  for (const part of name.split("/")) problems.each(at, part, dns1123Subdomain(part));
}

/** The name of an attribute or capacity: an identifier, with or without the driver's domain. */
export function validateAttributeName(problems: Problems, at: Path, name: string): void {
  const [first = "", second, ...rest] = name.split("/");
  if (rest.length > 0) return;
  if (second === undefined) {
    validateIdentifier(problems, at, first);
    return;
  }
  if (first === "") problems.invalid(at, "", "the domain must not be empty");
  else validateDriverName(problems, at, first);
  if (second === "") problems.invalid(at, "", "the name must not be empty");
  else validateIdentifier(problems, at, second);
}

export function validateFullAttributeName(problems: Problems, at: Path, name: string): void {
  validateAttributeName(problems, at, name);
  if (name.includes("/")) return;
  const detail = "a fully qualified name must be a domain and a name separated by a slash";
  problems.invalid(at, name, detail);
}

function validateIdentifier(problems: Problems, at: Path, name: string): void {
  if (byteLength(name) > identifierBytesMax) problems.tooLong(at, identifierBytesMax);
  problems.each(at, name, cIdentifier(name));
}

/** At most `max` items, each checked; `key` tells which of them are the same. */
export function validateItems<T>(
  problems: Problems,
  at: Path,
  items: readonly T[] | null | undefined,
  rules: {
    readonly max: number;
    readonly check: (at: Path, item: T) => void;
    readonly key?: (item: T) => string;
  },
): void {
  const list = items ?? [];
  if (list.length > rules.max) {
    problems.tooMany(at, list.length, rules.max);
    return;
  }
  for (const [i, item] of list.entries()) rules.check(at.index(i), item);
  if (!rules.key) return;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const key = rules.key(item);
    if (seen.has(key)) problems.duplicate(at.index(i), key);
    seen.add(key);
  }
}
