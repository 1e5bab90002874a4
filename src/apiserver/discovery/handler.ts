import type { Resource } from "#machinery/resource.ts";
import { contentTypes, negotiate, notAcceptable } from "../negotiate.ts";
import type { PathHandler } from "../router.ts";
import { type ApiResponse, bytesResponse } from "../response.ts";
import { aggregated } from "./aggregated.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./legacy.ts";
import { encodeAggregated, encodeResourceList } from "./protobuf.ts";

/** The two forms of aggregated discovery and what each is called. */
const aggregatedForm = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Makes what is asked for, once, in each form that somebody wants. */
class Answers {
  readonly #made = new Map<string, Uint8Array>();

  clear(): void {
    this.#made.clear();
  }

  bytes(key: string, make: () => Uint8Array): Uint8Array {
    let bytes = this.#made.get(key);
    if (!bytes) this.#made.set(key, (bytes = make()));
    return bytes;
  }
}

/**
 * Answers `/api`, `/apis` and what lies below, up to the resources of a version. Answers are made
 * once, until `changes` (a count) says that something else is served.
 */
export function discoveryHandler(
  resources: () => Iterable<Resource>,
  serverAddress: () => string,
  changes: () => number,
): PathHandler {
  const answers = new Answers();
  let madeAt = 0;
  return (request) => {
    const path = request.path.replace(/\/+$/, "");
    const [, root, group, version, ...more] = path.split("/");
    if ((root !== "api" && root !== "apis") || more.length > 0) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    if (madeAt !== changes()) answers.clear();
    madeAt = changes();
    const accept = String(request.headers["accept"] ?? "");
    const isCore = root === "api";
    if (group === undefined) {
      const media = aggregatedMedia(accept);
      if (media !== undefined) return answerAggregated(answers, media, resources, isCore);
      const whole = () => (isCore ? apiVersions(serverAddress()) : apiGroupList(resources()));
      return answerPlain(answers, accept, path, whole);
    }
    const body = below(resources(), isCore, group, version);
    return body && answerPlain(answers, accept, path, () => body);
  };
}

/** What lies below `/api` or `/apis`; undefined when nothing does. */
function below(
  resources: Iterable<Resource>,
  isCore: boolean,
  group: string,
  version: string | undefined,
): object | undefined {
  if (isCore) return version === undefined ? apiResourceList(resources, "", group) : undefined;
  return version === undefined
    ? apiGroup(resources, group)
    : apiResourceList(resources, group, version);
}

/** The media type in which aggregated discovery (v2 alone) is preferred, if it is. */
function aggregatedMedia(accept: string): "json" | "protobuf" | undefined {
  for (const clause of accept.split(",")) {
    const [type, ...parameters] = clause.split(";").map((part) => part.trim());
    const media =
      type === contentTypes.json ? "json" : type === contentTypes.protobuf ? "protobuf" : undefined;
    if (!parameters.includes("as=APIGroupDiscoveryList")) {
      if (media !== undefined || type === "*/*" || type === "") return undefined;
    } else if (parameters.includes("g=apidiscovery.k8s.io") && parameters.includes("v=v2")) {
      if (media !== undefined) return media;
    }
  }
  return undefined;
}

function answerAggregated(
  answers: Answers,
  media: "json" | "protobuf",
  resources: () => Iterable<Resource>,
  isCore: boolean,
): ApiResponse {
  const bytes = answers.bytes(`aggregated ${media} ${isCore}`, () => {
    const whole = aggregated(resources(), isCore);
    return media === "protobuf" ? encodeAggregated(whole) : jsonBytes(whole);
  });
  return bytesResponse(200, contentTypes[media] + aggregatedForm, bytes, { vary: "Accept" });
}

function answerPlain(
  answers: Answers,
  accept: string,
  path: string,
  make: () => object,
): ApiResponse {
  const clauses = accept.split(",").filter((clause) => !clause.includes("as="));
  if (clauses.length === 0) throw notAcceptable("none");
  const { media } = negotiate(clauses.join(","), "none");
  const isList = media === "protobuf" && "resources" in make();
  if (!isList) {
    const bytes = answers.bytes(`json ${path}`, () => jsonBytes(make()));
    return bytesResponse(200, contentTypes.json, bytes);
  }
  const bytes = answers.bytes(`protobuf ${path}`, () => encodeResourceList(make()));
  return bytesResponse(200, contentTypes.protobuf, bytes);
}

function jsonBytes(object: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(object)}\n`);
}
