import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, bytes, type Infer, kind, map, string, struct } from "#machinery/schema/schema.ts";

export const secret = kind("core.v1.Secret", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  data: map(bytes(), { tag: 2 }),
  type: string({ tag: 3 }),
  stringData: map(string(), { tag: 4 }),
  immutable: bool({ tag: 5, pointer: true }),
});
export interface Secret extends Infer<typeof secret> {}

export const secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  singular: "secret",
  namespaced: true,
  schema: secret,
});
