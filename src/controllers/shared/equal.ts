/**
 * Whether two values mean the same in the API, where an absent field and its zero value (0, "",
 * false, null, empty list or object) are the same thing.
 */
export function sameMeaning(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (isZero(a) || isZero(b)) return isZero(a) && isZero(b);
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameMeaning(item, b[index]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!sameMeaning(left[key], right[key])) return false;
  for (const key in right) if (!(key in left) && !isZero(right[key])) return false;
  return true;
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object") return value === 0 || value === "" || value === false;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if (!isZero((value as Record<string, unknown>)[key])) return false;
  return true;
}
