import { type ResourceQuota, resourceQuotas } from "#apis/core/resource-quota.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { ApiRequest } from "../request.ts";
import type { ApiResponse } from "../response.ts";
import type { QuotaStatusWriter } from "./resource-quota/resource-quota.ts";

/** The server's own door, which admission plug-ins write through like everybody else. */
export type Handle = (request: ApiRequest) => Promise<ApiResponse>;

const user: UserInfo = { name: "system:apiserver", groups: ["system:masters"] };
const never = new AbortController().signal;

/** Writes what a quota has used. */
export function quotaStatusWriter(handle: Handle): QuotaStatusWriter {
  return async (quota) => {
    const { name, namespace } = quota.metadata;
    const path = resourceQuotas.path(namespace, name, "status");
    const body = { ...quota, apiVersion: "v1", kind: "ResourceQuota" };
    const written = await send(handle, "PUT", path, body);
    return written as DeepReadonly<ResourceQuota>;
  };
}

/** Makes a namespace. */
export function namespaceCreator(handle: Handle): (name: string) => Promise<void> {
  return async (name) => {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await send(handle, "POST", namespaces.path(), body);
  };
}

/** Throws what the server answers. */
async function send(
  handle: Handle,
  method: string,
  path: string,
  body: object,
): Promise<KubeObject> {
  const response = await handle({
    method,
    path,
    query: new URLSearchParams(),
    headers: { accept: "application/json", "content-type": "application/json" },
    // The decoder makes its own copy.
    body: () => Promise.resolve(body),
    signal: never,
    user,
    wantsObjects: true,
  });
  const object = response.body.kind === "object" ? response.body.object : undefined;
  if (response.status < 300) return object as KubeObject;
  throw ApiError.fromStatus(object ?? {}, response.status);
}
