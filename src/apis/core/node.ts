import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { type NodeConfigSource, nodeConfigSource } from "./node-config-source.ts";
import { nodeStatus, type NodeStatus } from "./node-status.ts";

export const taint = object("core.v1.Taint", {
  key: string({ tag: 1, always: true, required: true }),
  value: string({ tag: 2 }),
  effect: string({
    tag: 3,
    always: true,
    required: true,
    enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"],
  }),
  timeAdded: time({ tag: 4, pointer: true }),
});
export interface Taint extends Infer<typeof taint> {}

export const nodeSpec = object("core.v1.NodeSpec", {
  podCIDR: string({ tag: 1 }),
  externalID: string({ tag: 2 }),
  providerID: string({ tag: 3 }),
  unschedulable: bool({ tag: 4 }),
  taints: list(struct<Taint>(taint), { tag: 5, listType: "atomic" }),
  configSource: struct<NodeConfigSource>(nodeConfigSource, { tag: 6, pointer: true }),
  podCIDRs: list(string(), { tag: 7, listType: "set", patchStrategy: "merge" }),
});
export interface NodeSpec extends Infer<typeof nodeSpec> {}

export const node = kind("core.v1.Node", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<NodeSpec>(nodeSpec, { tag: 2 }),
  status: struct<NodeStatus>(nodeStatus, { tag: 3, optional: true }),
});
export interface Node extends Infer<typeof node> {}

export const nodes = defineResource<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  singular: "node",
  shortNames: ["no"],
  namespaced: false,
  schema: node,
  subresources: {
    proxy: { kind: "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    status: {},
  },
});
