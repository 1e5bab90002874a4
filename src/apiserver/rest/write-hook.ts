import type { KubeObject } from "#machinery/meta.ts";

/** What was set aside for an object that is being written. */
export interface Reservation {
  /** The object was not written: what was set aside is free again. */
  release(): Promise<void>;
}

/** Fills in what has to be allocated for an object, before it is validated. */
export interface WriteHook {
  /** @throws Invalid when what the object asks for cannot be had. */
  begin(
    object: KubeObject,
    old: KubeObject | undefined,
    dryRun: boolean,
  ): Promise<Reservation | undefined>;
}

/** Runs `write`; if it fails or writes nothing, what was reserved is released. */
export async function withReservation<T>(
  reservation: Reservation | undefined,
  write: () => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!reservation) return write();
  let written: T | undefined;
  try {
    written = await write();
  } finally {
    if (written === undefined) await reservation.release();
  }
  return written;
}
