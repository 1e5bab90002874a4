/** Crashes on what cannot be: a broken promise of our own code, never bad input. */
export function invariant(holds: unknown, message: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${message}`);
}

/** For the `default` of a switch over a union: makes forgetting a case a type error. */
export function unreachable(value: never): never {
  throw new Error(`invariant broken: unexpected ${JSON.stringify(value)}`);
}
