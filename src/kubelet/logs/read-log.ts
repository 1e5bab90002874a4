/**
 * Reads a container's log as `kubectl logs` asks for it: the CRI's files, rotated ones included, from the
 * end where only a tail is wanted, and following what is still written.
 */

export interface LogQuery {
  /** Goes on with what is written later, until the container has ended. */
  readonly follow?: boolean;
  /** Lines from the end; all when undefined. */
  readonly tailLines?: number;
  /** Nothing that was written before, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Each line begins with its time. */
  readonly timestamps?: boolean;
  /** Stops after this many bytes. */
  readonly limitBytes?: number;
  /** Default: all. */
  readonly stream?: "stdout" | "stderr";
}
