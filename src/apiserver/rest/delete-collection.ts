import { isReason } from "#machinery/errors.ts";
import type { ApiResponse } from "../response.ts";
import { answerList, representation } from "./answer.ts";
import type { ResourceContext } from "./context.ts";
import { deleteOptions } from "./delete-options.ts";
import { deleteOne } from "./delete.ts";
import { findObjects } from "./list.ts";
import { listOptions } from "./list-options.ts";
import type { ServedStorage } from "./served.ts";

/** How many objects of a collection are deleted at the same time. */
const deletionsAtOnce = 16;

/** DELETE of a collection: everything that the selectors match. Answers with what was there. */
export async function deleteCollection(
  context: ResourceContext,
  storage: ServedStorage,
): Promise<ApiResponse> {
  const as = representation(context, "list");
  const options = await deleteOptions(context.request);
  const list = listOptions(context.request.query, false);
  const { metadata, objects } = await findObjects(context, storage, list);
  let next = 0;
  async function work(): Promise<void> {
    while (next < objects.length) {
      const at = next++;
      const { name, namespace = "" } = objects[at]!.object.metadata;
      try {
        await deleteOne(context, storage, options, namespace, name);
      } catch (error) {
        // Somebody else was faster: it is gone, which is what was asked for.
        if (!isReason(error, "NotFound")) throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: deletionsAtOnce }, work));
  return answerList(context, as, metadata, objects);
}
