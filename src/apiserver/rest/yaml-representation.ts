import { stringify } from "yaml";
import { ApiError } from "#machinery/errors.ts";
import { contentTypes } from "../negotiate.ts";
import type { Representation } from "./representation.ts";
import type { Served } from "./served.ts";

/** YAML, made for people: not shared, not streamed. */
export function yamlRepresentation({ resource, state }: Served): Representation {
  const bytes = (value: object) => Buffer.from(stringify(value));
  return {
    contentType: contentTypes.yaml,
    watchContentType: contentTypes.yaml,
    one: ({ object }) => bytes(object),
    list: ({ metadata, objects }) => {
      const items = objects.map(({ object }) => {
        if (state !== undefined) return object;
        const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
        return rest;
      });
      const { apiVersion, listKind: kind } = resource;
      return bytes({ apiVersion, items, kind, metadata });
    },
    events: () => {
      throw new ApiError("NotAcceptable", "YAML cannot be streamed");
    },
    plain: bytes,
  };
}
