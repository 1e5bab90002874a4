/**
 * Waits for all, then throws the first failure. (`Promise.all` would leave the others running when
 * the first one fails, and a controller must not start over while its own writes are under way.)
 */
export async function settleAll<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
