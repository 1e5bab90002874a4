/**
 * Runs `start` for each of `count` items in batches that double from one, and stops after the first
 * batch with a failure: should all fail for one reason (quota), that is found out with few calls.
 * @throws the first failure, after its whole batch has ended.
 */
export async function slowStart(
  count: number,
  start: (index: number) => Promise<void>,
): Promise<void> {
  for (let begun = 0, batch = 1; begun < count; batch *= 2) {
    const size = Math.min(batch, count - begun);
    const first = begun;
    const outcomes = await Promise.allSettled(
      Array.from({ length: size }, (_, index) => start(first + index)),
    );
    const failure = outcomes.find(({ status }) => status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
    begun += size;
  }
}
