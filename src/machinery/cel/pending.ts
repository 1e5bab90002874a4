/**
 * Thrown when an expression asks something that has no answer yet. Whoever evaluates waits for the
 * answer and evaluates again.
 */
export class CelPending extends Error {
  override name = "CelPending";
  readonly answer: Promise<unknown>;
  constructor(answer: Promise<unknown>) {
    super("waiting for an answer");
    this.answer = answer;
  }
}

/** Evaluates as often as it takes for all questions to be answered. */
export async function settle<T>(evaluate: () => T): Promise<T> {
  for (;;) {
    try {
      return evaluate();
    } catch (error) {
      if (!(error instanceof CelPending)) throw error;
      await error.answer;
    }
  }
}
