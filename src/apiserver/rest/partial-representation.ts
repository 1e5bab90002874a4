import type { KubeObject } from "#machinery/meta.ts";
import { type ListMeta, listMeta, type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { encodeEnveloped, watchFrame } from "#machinery/protobuf/envelope.ts";
import { kind as defineKind, list, struct } from "#machinery/schema/schema.ts";
import { contentTypes } from "../negotiate.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { errorFrame, plainFrame } from "./json-representation.ts";
import { encodePlain } from "./protobuf-representation.ts";
import {
  bookmarkObject,
  type Representation,
  type RepresentationRequest,
} from "./representation.ts";

const kind = "PartialObjectMetadata";
const schema = defineKind(`meta.v1.${kind}`, {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
});
const listSchema = defineKind(`meta.v1.${kind}List`, {
  metadata: struct<ListMeta>(listMeta, { tag: 1 }),
  items: list(struct(schema), { tag: 2, always: true, required: true }),
});

/** Metadata alone, whatever the kind. */
export function partialRepresentation({ negotiated }: RepresentationRequest): Representation {
  const apiVersion = `meta.k8s.io/${negotiated.version}`;
  const isProtobuf = negotiated.media === "protobuf";
  const partial = ({ object }: CachedObject) => ({ kind, apiVersion, metadata: object.metadata });
  const json = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
  const one = (value: KubeObject) => (isProtobuf ? encodeEnveloped(schema, value) : json(value));
  const frame = (type: string, value: KubeObject) =>
    isProtobuf ? watchFrame(type, encodeEnveloped(schema, value)) : plainFrame(type, value);
  const contentType = contentTypes[negotiated.media];
  return {
    contentType,
    watchContentType: isProtobuf ? `${contentType};stream=watch` : contentType,
    one: (object) => one(partial(object)),
    list: ({ metadata, objects }) => {
      const value = { kind: `${kind}List`, apiVersion, metadata, items: objects.map(partial) };
      return isProtobuf ? encodeEnveloped(listSchema, value) : json(value);
    },
    events: () => ({
      id: `partial ${negotiated.media} ${apiVersion}`,
      frame: (type, object) => frame(type, partial(object)),
      bookmark: (revision, end) =>
        frame("BOOKMARK", bookmarkObject(apiVersion, kind, revision, end)),
      error: (status) =>
        isProtobuf ? watchFrame("ERROR", encodePlain(status)) : errorFrame(status),
    }),
    plain: json,
  };
}
