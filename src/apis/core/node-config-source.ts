import { type Infer, object, string, struct } from "#machinery/schema/schema.ts";

export const configMapNodeConfigSource = object("core.v1.ConfigMapNodeConfigSource", {
  namespace: string({ tag: 1, always: true, required: true }),
  name: string({ tag: 2, always: true, required: true }),
  uid: string({ tag: 3 }),
  resourceVersion: string({ tag: 4 }),
  kubeletConfigKey: string({ tag: 5, always: true, required: true }),
});
export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}

export const nodeConfigSource = object("core.v1.NodeConfigSource", {
  configMap: struct<ConfigMapNodeConfigSource>(configMapNodeConfigSource, {
    tag: 2,
    pointer: true,
  }),
});
export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}
