import { schemaOfKind } from "#apis/kinds.ts";
import { ApiError } from "#machinery/errors.ts";
import { listSchemaOf } from "#machinery/list-schema.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { objectMeta } from "#machinery/object-meta.ts";
import { encodeEnveloped, watchFrame } from "#machinery/protobuf/envelope.ts";
import { parseApiVersion } from "#machinery/resource.ts";
import type { TypeMeta } from "#machinery/schema/schema.ts";
import { contentTypes } from "../negotiate.ts";
import { bookmarkObject, type Representation } from "./representation.ts";
import { present, type Served } from "./served.ts";

const made = new WeakMap<Served, Representation>();

/** `application/vnd.kubernetes.protobuf`: encoded per request, but once per watch event. */
export function protobufRepresentation(served: Served): Representation {
  let found = made.get(served);
  if (!found) made.set(served, (found = makeRepresentation(served)));
  return found;
}

function makeRepresentation(served: Served): Representation {
  const { resource } = served;
  const { schema, apiVersion, kind, listKind } = resource;
  const one = (object: KubeObject) => encodeEnveloped(schema, object);
  return {
    contentType: contentTypes.protobuf,
    watchContentType: `${contentTypes.protobuf};stream=watch`,
    one: ({ object }) => one(object),
    list: ({ metadata, objects }) => {
      const items = objects.map(({ object }) => object);
      const list = { apiVersion, kind: listKind, metadata, items };
      return encodeEnveloped(listSchemaOf(resource), list);
    },
    events: () => ({
      id: `protobuf ${apiVersion}`,
      frame: (type, object) => watchFrame(type, one(present(served, object).object)),
      bookmark: (revision, end) => {
        const object = bookmarkObject(apiVersion, kind, revision, end);
        return watchFrame(
          "BOOKMARK",
          encodeEnveloped({ ...schema, fields: bookmarkFields }, object),
        );
      },
      error: (status) => watchFrame("ERROR", encodePlain(status)),
    }),
    plain: (object) => encodePlain(object as TypeMeta),
  };
}

/** A bookmark has metadata and nothing else. */
const bookmarkFields = { metadata: { type: "struct", schema: objectMeta, tag: 1 } } as const;

/** An object of any kind that travels, such as a Status. @throws NotAcceptable. */
export function encodePlain(object: TypeMeta): Uint8Array {
  const { apiVersion, kind } = object;
  const schema = schemaOfKind({ ...parseApiVersion(apiVersion), kind });
  if (!schema) throw new ApiError("NotAcceptable", `${kind} has no protobuf form`);
  return encodeEnveloped(schema, object);
}
