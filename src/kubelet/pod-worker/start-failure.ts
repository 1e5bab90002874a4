/** A container that could not be started; reason and message are shown in its waiting state. */
export class StartFailure extends Error {
  override name = "StartFailure";
  readonly reason: string;
  /** When to try again, in the clock's milliseconds; undefined leaves it to the worker. */
  readonly retryAtMs: number | undefined;

  constructor(
    reason: string,
    message: string,
    options: ErrorOptions & { retryAtMs?: number } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.retryAtMs = options.retryAtMs;
  }
}
