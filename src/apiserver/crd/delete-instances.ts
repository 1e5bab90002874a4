import { isReason } from "#machinery/errors.ts";
import type { ApiRequest } from "../request.ts";
import type { ResourceContext, ServerContext } from "../rest/context.ts";
import { deleteOptions } from "../rest/delete-options.ts";
import { deleteOne } from "../rest/delete.ts";
import type { Served, ServedStorage } from "../rest/served.ts";

/** How many objects are deleted at the same time. */
const deletionsAtOnce = 16;

/** The server itself. */
const ownUser = { name: "system:apiserver", groups: ["system:masters"] };

/** Deletes all objects of a resource, as anybody would who may: past admission. */
export async function deleteInstances(
  server: ServerContext,
  served: Served,
  storage: ServedStorage,
): Promise<void> {
  const { resource } = served;
  const request: ApiRequest = {
    method: "DELETE",
    path: resource.path(),
    query: new URLSearchParams(),
    headers: {},
    body: async () => undefined,
    signal: new AbortController().signal,
    user: ownUser,
    wantsObjects: true,
  };
  const options = await deleteOptions(request);
  const objects = [...server.storage.cacheOf(storage).objects.values()].filter(
    ({ object }) => object.metadata.deletionTimestamp === undefined,
  );
  let next = 0;
  async function work(): Promise<void> {
    while (next < objects.length) {
      const { name, namespace } = objects[next++]!;
      const context: ResourceContext = {
        server,
        request,
        user: ownUser,
        served,
        warnings: [],
        info: {
          isResource: true, verb: "delete", path: request.path, group: resource.group,
          version: resource.version, resource: resource.plural, subresource: "", namespace, name,
          rest: "", fieldSelector: "", labelSelector: "",
        }, // prettier-ignore
      };
      await deleteOne(context, storage, options, namespace, name).catch((error: unknown) => {
        if (!isReason(error, "NotFound", "Conflict")) throw error;
      });
    }
  }
  await Promise.all(Array.from({ length: deletionsAtOnce }, work));
}
