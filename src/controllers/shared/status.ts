import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "#client/client.ts";
import { sameMeaning } from "./equal.ts";

type WithStatus<S> = KubeObject & { status?: S | undefined };

/** Writes the status unless it says the same already; what is stored then. */
export async function writeStatus<S extends object, T extends WithStatus<S>>(
  client: Client,
  resource: Resource<T>,
  object: T,
  status: NoInfer<S>,
): Promise<T> {
  if (sameMeaning(object.status, status)) return object;
  return client.updateStatus(resource, { ...object, status } as Parameters<
    typeof client.updateStatus<T>
  >[1]);
}
