/** The most that one line may hold; longer ones mean that the stream is not what we think it is. */
const lineBytesMax = 64 * 1024 * 1024;

/** Splits a stream of bytes into lines and parses each as JSON; empty lines are skipped. */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const last = chunk.subarray(start, end);
      const line = rest.length === 0 ? last : Buffer.concat([...rest, last]);
      rest = [];
      restBytes = 0;
      start = end + 1;
      if (line.length > 0) yield JSON.parse(decode(line));
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > lineBytesMax) throw new Error("a line of the watch is too long");
    }
  }
  if (restBytes > 0) yield JSON.parse(decode(Buffer.concat(rest)));
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
