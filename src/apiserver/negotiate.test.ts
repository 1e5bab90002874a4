import { expect, test } from "vitest";
import { bodyMedia, negotiate, type Offer } from "./negotiate.ts";

function chosen(accept: string | undefined, offer: Offer): string {
  try {
    const { media, as, version } = negotiate(accept, offer);
    return as === undefined ? media : `${media} ${as} ${version}`;
  } catch (error) {
    return (error as Error & { reason: string }).reason;
  }
}

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

test.each<[string | undefined, Offer, string]>([
  [undefined, "object", "json"],
  ["*/*", "object", "json"],
  ["application/*", "object", "NotAcceptable"],
  ["text/html, application/json", "object", "json"],
  ["application/json;q=0.5,application/yaml", "object", "yaml"],
  ["application/yaml", "watch", "NotAcceptable"],
  ["application/vnd.kubernetes.protobuf, application/json", "list", "protobuf"],
  [table, "list", "json Table v1"],
  [`${table},application/json`, "object", "json Table v1"],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "list", "json"],
  ["application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", "list", "NotAcceptable"],
  ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "object", "NotAcceptable"],
  [
    "application/json;as=PartialObjectMetadata;v=v1beta1;g=meta.k8s.io",
    "watch",
    "json PartialObjectMetadata v1beta1",
  ],
])("%s of a %s: %s", (accept, offer, expected) => {
  expect(chosen(accept, offer)).toBe(expected);
});

test("bodies say what they are, JSON unless said", () => {
  expect(bodyMedia(undefined)).toBe("json");
  expect(bodyMedia("application/json; charset=utf-8")).toBe("json");
  expect(() => bodyMedia("text/plain")).toThrowError("unknown format");
});
