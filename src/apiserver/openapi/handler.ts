import { createHash } from "node:crypto";
import { ApiError } from "#machinery/errors.ts";
import type { Resource } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { ApiRequest } from "../request.ts";
import { type ApiResponse, bytesResponse } from "../response.ts";
import type { PathHandler } from "../router.ts";
import type { DocumentName } from "./make-document.ts";
import { rootOf } from "./root.ts";

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
 * Documents are made when first asked for and kept until what is served changes; what makes them
 * is not even loaded before.
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

  /** The document called `name`. */
  async get(name: DocumentName): Promise<Made> {
    const { makeDocument } = await import("./make-document.ts");
    const resources = [...this.#options.resources()];
    const from =
      name.version === 2
        ? resources
        : resources.filter(({ apiVersion }) => apiVersion === name.apiVersion);
    const key = JSON.stringify(name);
    const known = this.#made.get(key);
    if (known && isSame(known.from, from)) return known;
    const customSchema = this.#options.customSchema ?? (() => undefined);
    const bytes = makeDocument(name, { resources, customSchema });
    const made = { from, bytes, hash: hashOf(bytes) };
    if (from.length > 0) this.#made.set(key, made);
    return made;
  }

  /** Forgets the documents of versions that are served no more. */
  prune(): void {
    const served = new Set(this.#options.resources());
    for (const [key, { from }] of this.#made) {
      if (!from.some((resource) => served.has(resource))) this.#made.delete(key);
    }
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").toUpperCase();
}

function isSame(a: readonly Resource[], b: readonly Resource[]): boolean {
  return a.length === b.length && a.every((resource, at) => resource === b[at]);
}

async function answerIndex(request: ApiRequest, documents: Documents): Promise<ApiResponse> {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [root, apiVersion] of documents.versions()) {
    const { hash } = await documents.get({ version: 3, apiVersion });
    paths[root.slice(1)] = { serverRelativeURL: `/openapi/v3${root}?hash=${hash}` };
  }
  documents.prune();
  const bytes = Buffer.from(JSON.stringify({ paths }));
  return answer(request, { hash: hashOf(bytes), bytes }, "application/json");
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
  const made = await documents.get({ version: 3, apiVersion });
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
  if (isProtobuf)
    return answer(request, await documents.get({ version: 2, form: "protobuf" }), protobufType);
  if (!accepts(request, "application/json")) {
    throw notAcceptable(["application/json", protobufType]);
  }
  return answer(request, await documents.get({ version: 2, form: "json" }), "application/json");
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
