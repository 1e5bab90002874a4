import type { Resource } from "#machinery/resource.ts";
import type { PathHandler } from "../router.ts";

/** Resources that are published beside the built-in ones, such as those of CRDs. */
export interface OpenApiSource {
  readonly resources: () => Iterable<Resource>;
}

/**
 * Answers `/openapi/v3` (index and one document per group-version) and `/openapi/v2`. Documents
 * are made when first asked for and kept until the set of resources changes.
 */
export function openApiHandler(_source: OpenApiSource): PathHandler {
  return () => undefined;
}
