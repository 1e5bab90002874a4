import type { Duplex, Readable, Writable } from "node:stream";

/**
 * Pipes `from` into `to` and ends `to` with it. Resolves, never rejects, when `to` has taken everything or
 * when either is gone; what `from` still brings after `to` is gone is thrown away, so that it blocks
 * nothing that shares its connection.
 */
export function copy(from: Readable, to: Writable): Promise<void> {
  return new Promise((resolve) => {
    function toGone(): void {
      from.unpipe(to);
      if (!from.readableEnded) from.resume();
      resolve();
    }
    if (to.destroyed || to.writableFinished) return toGone();
    to.once("finish", resolve);
    to.once("close", toGone);
    to.once("error", toGone);
    from.once("close", () => to.end());
    from.once("error", () => to.end());
    from.pipe(to);
    return undefined;
  });
}

/** Joins two connections both ways until both directions are over or `signal` aborts. */
export async function splice(a: Duplex, b: Duplex, signal: AbortSignal): Promise<void> {
  const cut = (): void => {
    a.destroy();
    b.destroy();
  };
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on("error", cut);
    one.once("close", () => {
      if (!other.writableEnded) other.end();
    });
  }
  if (signal.aborted) cut();
  signal.addEventListener("abort", cut, { once: true });
  await Promise.all([copy(a, b), copy(b, a)]);
  signal.removeEventListener("abort", cut);
  cut();
}

/** Everything `stream` brings as text; its writable half is left alone. Beyond `bytesMax` is cut off. */
export function readText(stream: Readable, bytesMax: number): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const done = (): void =>
      resolve(Buffer.concat(pieces).toString("utf8", 0, Math.min(length, bytesMax)));
    stream.on("data", (piece: Buffer) => {
      if (length < bytesMax) pieces.push(piece);
      length += piece.length;
    });
    for (const event of ["end", "close", "error"]) stream.once(event, done);
  });
}

/** Ends `stream` and resolves when all it was given has left, or when it is gone. */
export function finishWriting(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) return resolve();
    for (const event of ["finish", "close", "error"]) stream.once(event, () => resolve());
    stream.end();
    return undefined;
  });
}
