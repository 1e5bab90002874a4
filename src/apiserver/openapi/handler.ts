import { createHash } from "node:crypto";
import { ApiError } from "#machinery/errors.ts";
import type { Resource } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { ApiRequest } from "../request.ts";
import { type ApiResponse, bytesResponse } from "../response.ts";
import type { PathHandler } from "../router.ts";
import { encodeDocument } from "./gnostic.ts";
import { documentV2 } from "./document-v2.ts";
import { documentV3 } from "./document-v3.ts";
import { rootOf } from "./operations.ts";
import type { Sources } from "./types.ts";

/** What is published. */
export interface OpenApiOptions {
  /** Everything that is served. Whoever changes a resource gives it a new `Resource` object. */
  readonly resources: () => Iterable<Resource>;
  /** The JSON schema (`openAPIV3Schema`) of a resource that is not built in; none: built in. */
  readonly customSchema?: (resource: Resource) => JsonObject | undefined;
}

/** A document that was made, and what from. */
interface Made {
  readonly from: readonly Resource[];
  readonly hash: string;
  readonly bytes: Uint8Array;
}

const protobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** The same under a name that is no valid media type, but that clients send. */
const protobufAlias = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/** Clients may keep what they asked for by hash; the hash changes with the document. */
const yearSeconds = 365 * 24 * 3600;

/**
 * Answers `/openapi/v3` (an index, and one document per group-version) and `/openapi/v2`.
 * Documents are made when first asked for and kept until what is served changes.
 */
export function openApiHandler(options: OpenApiOptions): PathHandler {
  const documents = new Documents(options);
  return (request) => {
    const { path, method } = request;
    if (!path.startsWith("/openapi/v")) return undefined;
    if (method !== "GET" && method !== "HEAD") return undefined;
    const trimmed = path.replace(/\/+$/, "");
    if (trimmed === "/openapi/v2") return answerV2(request, documents);
    if (trimmed === "/openapi/v3") return answerIndex(request, documents);
    if (!trimmed.startsWith("/openapi/v3/")) return undefined;
    return answerV3(request, documents, trimmed.slice("/openapi/v3".length));
  };
}

/** The documents, made on demand. */
class Documents {
  readonly #options: OpenApiOptions;
  readonly #made = new Map<string, Made>();
  #docs: Sources["docs"] | undefined;

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  /** The roots of all versions, such as `/apis/apps/v1`, and the `apiVersion` of each. */
  versions(): Map<string, string> {
    const versions = new Map<string, string>();
    for (const resource of this.#options.resources()) {
      versions.set(rootOf(resource), resource.apiVersion);
    }
    return versions;
  }

  /** The document of one version. */
  v3(apiVersion: string): Promise<Made> {
    return this.#once(
      `v3 ${apiVersion}`,
      (resource) => resource.apiVersion === apiVersion,
      (sources) => json(documentV3(sources, apiVersion)),
    );
  }

  v2(form: "json" | "protobuf"): Promise<Made> {
    return this.#once(
      `v2 ${form}`,
      () => true,
      (sources) =>
        form === "json" ? json(documentV2(sources)) : encodeDocument(documentV2(sources)),
    );
  }

  async #once(
    key: string,
    belongs: (resource: Resource) => boolean,
    make: (sources: Sources) => Uint8Array,
  ): Promise<Made> {
    this.#docs ??= (await import("#apis/docs.ts")).docsOf;
    const resources = [...this.#options.resources()];
    const from = resources.filter(belongs);
    const known = this.#made.get(key);
    if (known && isSame(known.from, from)) return known;
    const customSchema = this.#options.customSchema ?? (() => undefined);
    const bytes = make({ resources, customSchema, docs: this.#docs });
    const hash = createHash("sha256").update(bytes).digest("hex").toUpperCase();
    const made = { from, hash, bytes };
    this.#made.set(key, made);
    return made;
  }
}

function isSame(a: readonly Resource[], b: readonly Resource[]): boolean {
  return a.length === b.length && a.every((resource, at) => resource === b[at]);
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

async function answerIndex(request: ApiRequest, documents: Documents): Promise<ApiResponse> {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [root, apiVersion] of documents.versions()) {
    const { hash } = await documents.v3(apiVersion);
    paths[root.slice(1)] = { serverRelativeURL: `/openapi/v3${root}?hash=${hash}` };
  }
  const bytes = json({ paths });
  const hash = createHash("sha256").update(bytes).digest("hex").toUpperCase();
  return answer(request, { hash, bytes }, "application/json");
}

async function answerV3(
  request: ApiRequest,
  documents: Documents,
  root: string,
): Promise<ApiResponse> {
  const apiVersion = documents.versions().get(root);
  if (apiVersion === undefined) {
    throw new ApiError("NotFound", "the server could not find the requested resource", {
      details: {},
    });
  }
  if (!accepts(request, "application/json")) throw notAcceptable(["application/json"]);
  const made = await documents.v3(apiVersion);
  const wanted = request.query.get("hash");
  if (wanted !== null && wanted !== made.hash) {
    const location = `/openapi/v3${root}?hash=${made.hash}`;
    return { status: 301, headers: { location }, body: { kind: "none" } };
  }
  const response = answer(request, made, "application/json");
  if (wanted !== null) {
    response.headers["cache-control"] = `public, immutable, max-age=${yearSeconds}`;
  }
  return response;
}

async function answerV2(request: ApiRequest, documents: Documents): Promise<ApiResponse> {
  const isProtobuf = [protobufType, protobufAlias].some((type) => mentions(request, type));
  if (isProtobuf) return answer(request, await documents.v2("protobuf"), protobufType);
  if (!accepts(request, "application/json")) {
    throw notAcceptable(["application/json", protobufType]);
  }
  return answer(request, await documents.v2("json"), "application/json");
}

function answer(
  { headers }: ApiRequest,
  { hash, bytes }: Pick<Made, "hash" | "bytes">,
  contentType: string,
): ApiResponse {
  const etag = `"${hash}"`;
  const vary = "Accept-Encoding, Accept";
  const isKnown = String(headers["if-none-match"] ?? "")
    .split(",")
    .some((each) => each.trim().replace(/^W\//, "") === etag);
  if (isKnown) return { status: 304, headers: { etag, vary }, body: { kind: "none" } };
  return bytesResponse(200, contentType, bytes, { etag, vary });
}

function accepted({ headers }: ApiRequest): string[] {
  return String(headers["accept"] ?? "*/*")
    .split(",")
    .map((clause) => (clause.split(";", 1)[0] ?? "").trim());
}

function mentions(request: ApiRequest, type: string): boolean {
  return accepted(request).includes(type);
}

function accepts(request: ApiRequest, type: string): boolean {
  return accepted(request).some((each) => [type, "*/*", "application/*", ""].includes(each));
}

function notAcceptable(types: readonly string[]): ApiError {
  return new ApiError(
    "NotAcceptable",
    `only the following media types are accepted: ${types.join(", ")}`,
  );
}
