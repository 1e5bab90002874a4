import { ApiError, badRequest } from "#machinery/errors.ts";
import {
  type FieldError,
  forbiddenField,
  invalid,
  invalidObject,
  notSupported,
} from "#machinery/field-error.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import type { ResourceContext } from "../context.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { fetchFrom, textOf } from "./fetch.ts";
import { kubeletOf, kubeletTarget } from "./kubelet-access.ts";
import { containerOf, podOf } from "./pod-container.ts";

const plainText = "text/plain";
const errorBytesMax = 8_192;
const numbers = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 } as const;
const passedOn = [
  "follow", "previous", "timestamps", "tailLines", "sinceSeconds", "sinceTime", "limitBytes", "stream",
]; // prettier-ignore

/** GET of `pods/NAME/log`: what a container has written, from its node's kubelet. */
export async function podLog(context: ResourceContext, parts: ConnectParts): Promise<ApiResponse> {
  const { info, request } = context;
  const { query, signal } = request;
  checkOptions(info.name, query);
  const pod = podOf(parts.reader, info);
  const container = containerOf(pod, query.get("container"));
  // A pod without a node has not said anything yet.
  if (!pod.spec.nodeName) return { status: 204, headers: {}, body: { kind: "none" } };
  const kubelet = kubeletOf(parts.reader, parts.kubelet, pod.spec.nodeName);
  const asked = new URLSearchParams();
  for (const name of passedOn) {
    const value = query.get(name);
    if (value !== null) asked.set(name, value);
  }
  const path = ["containerLogs", info.namespace, info.name, container];
  const answer = await fetchFrom(kubeletTarget(kubelet, path, asked), {
    method: "GET",
    headers: {},
    signal,
  }).catch((error: unknown) => {
    const why = `Get "https://${kubelet.host}:${kubelet.port}/${path.join("/")}": ${(error as Error).message}`;
    throw new ApiError("InternalError", `Internal error occurred: ${why}`, { cause: error });
  });
  const status = answer.statusCode ?? 500;
  if (status >= 200 && status < 300) {
    return {
      status: 200,
      headers: { "content-type": plainText },
      body: { kind: "stream", stream: answer },
    };
  }
  const text = await textOf(answer, errorBytesMax);
  if (status === 400) throw badRequest(text);
  if (status === 500) throw new ApiError("InternalError", `Internal error occurred: ${text}`);
  throw new ApiError(status === 404 ? "NotFound" : "", text, { code: status });
}

/** @throws ApiError Invalid for options that cannot be. */
function checkOptions(name: string, query: URLSearchParams): void {
  const errors: FieldError[] = [];
  for (const [option, min] of Object.entries(numbers)) {
    const text = query.get(option);
    if (text === null || text === "") continue;
    const value = Number(text);
    if (!Number.isInteger(value))
      throw badRequest(`unable to decode query parameter ${option}: ${JSON.stringify(text)}`);
    const detail = min === 0 ? "must be greater than or equal to 0" : "must be greater than 0";
    if (value < min) errors.push(invalid(option, value, detail));
  }
  if (query.get("sinceSeconds") && query.get("sinceTime")) {
    errors.push(
      forbiddenField("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"),
    );
  }
  const stream = query.get("stream");
  if (stream !== null && !["All", "Stdout", "Stderr"].includes(stream)) {
    errors.push(notSupported("stream", stream, ["All", "Stdout", "Stderr"]));
  }
  if (errors.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions" }, name, errors);
}
