import type { KubeObject } from "#machinery/meta.ts";
import type { ResourceContext } from "./context.ts";
import type { WriteOptions } from "./write-options.ts";

/** Who writes: the `fieldManager` option, or the first part of the User-Agent. */
export function managerOf({ request }: ResourceContext, { fieldManager }: WriteOptions): string {
  if (fieldManager !== "") return fieldManager;
  const agent = request.headers["user-agent"];
  const name = typeof agent === "string" ? agent.split("/", 1)[0]! : "";
  return name.slice(0, 128) || "unknown";
}

/** Records in `next.metadata.managedFields` which fields the writer now owns. */
export function trackFields(
  _context: ResourceContext,
  _options: WriteOptions,
  _live: KubeObject | undefined,
  _next: KubeObject,
): void {}
