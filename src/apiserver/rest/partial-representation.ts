import { contentTypes } from "../negotiate.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { plainFrame } from "./json-representation.ts";
import { bookmarkObject, type Representation, type RepresentationRequest } from "./representation.ts";

const kind = "PartialObjectMetadata";

/** Metadata alone, whatever the kind. */
export function partialRepresentation({ negotiated }: RepresentationRequest): Representation {
  const apiVersion = `meta.k8s.io/${negotiated.version}`;
  const partial = ({ object }: CachedObject) => ({ kind, apiVersion, metadata: object.metadata });
  const bytes = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
  return {
    contentType: contentTypes.json,
    watchContentType: contentTypes.json,
    one: (object) => bytes(partial(object)),
    list: ({ metadata, objects }) =>
      bytes({ kind: `${kind}List`, apiVersion, metadata, items: objects.map(partial) }),
    events: () => ({
      id: `partial ${apiVersion}`,
      frame: (type, object) => plainFrame(type, partial(object)),
      bookmark: (revision, end) =>
        plainFrame("BOOKMARK", bookmarkObject(apiVersion, kind, revision, end)),
    }),
    plain: bytes,
  };
}
