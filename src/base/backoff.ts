/** Delays that grow from `firstMs` by `factor` up to `maxMs`. */
export interface BackoffShape {
  firstMs: number;
  maxMs: number;
  factor?: number;
}

/** The delay before retry number `attempt` (0 is the first retry), in milliseconds. */
export function backoffMs({ firstMs, maxMs, factor = 2 }: BackoffShape, attempt: number): number {
  return Math.min(maxMs, firstMs * factor ** Math.min(attempt, 64));
}
