import type { Resource } from "#machinery/resource.ts";
import { ApiError } from "#machinery/errors.ts";
import { negotiate } from "../negotiate.ts";
import type { PathHandler } from "../router.ts";
import { type ApiResponse, bytesResponse } from "../response.ts";
import { aggregated } from "./aggregated.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./legacy.ts";

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/**
 * Answers `/api`, `/apis` and what lies below, up to the resources of a version. Answers are made
 * once, until `changes` (a count) says that something else is served.
 */
export function discoveryHandler(
  resources: () => Iterable<Resource>,
  serverAddress: () => string,
  changes: () => number,
): PathHandler {
  const made = new Map<string, Uint8Array>();
  let madeAt = 0;
  const once = (key: string, make: () => object): Uint8Array => {
    let bytes = made.get(key);
    if (!bytes) made.set(key, (bytes = Buffer.from(`${JSON.stringify(make())}\n`)));
    return bytes;
  };
  return (request) => {
    const [, root, group, version, ...more] = request.path.replace(/\/+$/, "").split("/");
    if ((root !== "api" && root !== "apis") || more.length > 0) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    if (madeAt !== changes()) made.clear();
    madeAt = changes();
    const isCore = root === "api";
    if (group === undefined) {
      const accept = String(request.headers["accept"] ?? "");
      if (wantsAggregated(accept)) {
        const bytes = once(`aggregated ${root}`, () => aggregated(resources(), isCore));
        return bytesResponse(200, aggregatedType, bytes, { vary: "Accept" });
      }
      return json(
        accept,
        once(root, () => (isCore ? apiVersions(serverAddress()) : apiGroupList(resources()))),
      );
    }
    const body =
      isCore && version === undefined
        ? apiResourceList(resources(), "", group)
        : version === undefined
          ? apiGroup(resources(), group)
          : isCore
            ? undefined
            : apiResourceList(resources(), group, version);
    return (
      body &&
      json(
        String(request.headers["accept"] ?? ""),
        once(request.path, () => body),
      )
    );
  };
}

/** Whether the first acceptable form is the aggregated one; only v2 is served. */
function wantsAggregated(accept: string): boolean {
  for (const clause of accept.split(",")) {
    const parts = clause.split(";").map((part) => part.trim());
    const type = parts[0];
    if (parts.includes("as=APIGroupDiscoveryList")) {
      const isKnown = parts.includes("g=apidiscovery.k8s.io") && parts.includes("v=v2");
      if (type === "application/json" && isKnown) return true;
      continue;
    }
    if (type === "application/json" || type === "*/*" || type === "") return false;
  }
  return false;
}

function json(accept: string, bytes: Uint8Array): ApiResponse {
  const plain = accept
    .split(",")
    .filter((clause) => !clause.includes("as="))
    .join(",");
  if (plain === "" && accept !== "")
    throw new ApiError(
      "NotAcceptable",
      "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    );
  negotiate(plain, "none");
  return bytesResponse(200, "application/json", bytes);
}
