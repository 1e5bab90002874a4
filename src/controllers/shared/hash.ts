/** Names that follow from content: equal templates get equal names. */

/** Without vowels and look-alikes, as all generated names. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A short name-safe hash of a JSON value; `collisions` gives another one for the same value. */
export function shortHash(value: unknown, collisions = 0): string {
  let text = canonical(value);
  if (collisions > 0) text += `#${collisions}`;
  return Array.from(String(fnv1a(text)), (digit) => alphabet[digit.charCodeAt(0) % 27]).join("");
}

/** 32-bit FNV-1a. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) & 0xff), 0x01000193);
    const high = text.charCodeAt(i) >> 8;
    if (high > 0) hash = Math.imul(hash ^ high, 0x01000193);
  }
  return hash >>> 0;
}

/** JSON with sorted keys and without undefined. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
}
