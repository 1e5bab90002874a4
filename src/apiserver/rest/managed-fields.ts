import { rfc3339 } from "#base/clock.ts";
import { MissingKeyError } from "#machinery/apply/shape.ts";
import { serverSideApply } from "#machinery/apply/server-side-apply.ts";
import {
  type UpdateRecord,
  updateManagedFields,
  type WriteRecord,
} from "#machinery/apply/update-managed-fields.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import { apiVersionOf } from "#machinery/resource.ts";
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
  context: ResourceContext,
  options: WriteOptions,
  live: KubeObject | undefined,
  next: KubeObject,
): void {
  recordFields({ ...writeRecord(context, options), live, next });
}

/** The same for `scale`, which upstream records without a time. */
export function trackScale(
  context: ResourceContext,
  options: WriteOptions,
  live: KubeObject,
  next: KubeObject,
): void {
  const record = writeRecord(context, options);
  recordFields({ ...record, subresource: "scale", now: undefined, live, next });
}

/**
 * The `managedFields` of an object whose `scale` was applied; `applied`: only the number of
 * replicas. Throws 409 when that is somebody else's.
 */
export function applyScaleFields(
  context: ResourceContext,
  options: WriteOptions,
  live: KubeObject,
  applied: object,
): KubeObject["metadata"]["managedFields"] {
  const { object } = serverSideApply({
    ...writeRecord(context, options),
    subresource: "scale",
    now: undefined,
    resetFields: [],
    force: options.force === true,
    live: live as unknown as JsonObject,
    applied: applied as JsonObject,
  });
  return (object as unknown as KubeObject).metadata.managedFields;
}

function recordFields(record: UpdateRecord & { readonly next: KubeObject }): void {
  const next: KubeObject = record.next;
  const managedFields = fieldsAfter(record);
  if (managedFields) next.metadata.managedFields = managedFields;
  else delete next.metadata.managedFields;
}

/** Of an object that cannot be understood nobody owns anything; validation says why. */
function fieldsAfter(record: UpdateRecord): KubeObject["metadata"]["managedFields"] {
  try {
    return updateManagedFields(record);
  } catch (error) {
    if (error instanceof MissingKeyError) return undefined;
    throw error;
  }
}

/** Who writes what, and when, for the book-keeping of fields. */
export function writeRecord(context: ResourceContext, options: WriteOptions): WriteRecord {
  const { served, server, info } = context;
  const { strategy, resource } = served;
  const { subresource } = info;
  const endpoint = subresource === "" ? strategy : strategy.subresources?.[subresource];
  return {
    schema: resource.schema,
    manager: managerOf(context, options),
    apiVersion: apiVersionOf(resource.gvk),
    subresource,
    now: rfc3339(server.clock.now()),
    resetFields: endpoint?.resetFields ?? [],
  };
}
