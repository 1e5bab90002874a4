import type { Status } from "#machinery/errors.ts";

/** What is answered when there is no object to answer with. */
export function success(code: number): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code };
}
