import { conflict, modifiedSince, notFound } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { limits } from "../limits.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { ServerContext } from "./context.ts";
import type { Served, ServedStorage } from "./served.ts";
import { storageKey } from "./served.ts";

/** An object that the server itself changes. */
export interface Target {
  readonly served: Served;
  readonly storage: ServedStorage;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Changes a stored object on the server's own account, without admission and validation. `change`
 * gets a copy of the stored version and may refuse by throwing; it runs again after a lost race.
 * @throws NotFound.
 */
export async function modify(
  server: Pick<ServerContext, "storage">,
  { served, storage, namespace, name }: Target,
  change: (copy: KubeObject) => void,
): Promise<CachedObject> {
  const { group, plural: resource } = served.resource;
  const key = storageKey(storage, namespace, name);
  for (let attempt = 0; attempt < limits.conflictRetriesMax; attempt++) {
    const current = server.storage.get(storage, key);
    if (!current) throw notFound({ group, resource }, name);
    const copy = structuredClone(current.object);
    change(copy);
    const written = await server.storage.replace(storage, current, copy);
    if (written) return written;
  }
  throw conflict({ group, resource }, name, modifiedSince);
}
