/** Lets other work of the event loop run; takes no (virtual) time. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
