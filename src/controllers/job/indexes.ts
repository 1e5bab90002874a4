/** Sets of completion indexes and the short text that statuses have for them: `0,2-5,7`. Pure. */

/** @throws Error when the text is no such list. */
export function parseIndexes(text: string | undefined): Set<number> {
  const found = new Set<number>();
  if (!text) return found;
  for (const part of text.split(",")) {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
      throw new Error(`not a list of indexes: ${text}`);
    }
    for (let index = first; index <= last; index++) found.add(index);
  }
  return found;
}

/** Three or more in a row become a range. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end === i) parts.push(`${sorted[i]}`);
    else parts.push(`${sorted[i]}${end === i + 1 ? "," : "-"}${sorted[end]}`);
    i = end + 1;
  }
  return parts.join();
}
