/** An `AbortController` that aborts with its parent and can be owned by a `using` scope. */
export function childSignal(parent?: AbortSignal): Disposable & {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
} {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  function abort(reason: unknown = new DOMException("stopped", "AbortError")): void {
    parent?.removeEventListener("abort", follow);
    controller.abort(reason);
  }
  return { signal: controller.signal, abort, [Symbol.dispose]: () => abort() };
}

/** Resolves when `signal` aborts; never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
