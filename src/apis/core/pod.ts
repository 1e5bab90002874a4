import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, struct } from "#machinery/schema/schema.ts";
import { podSpec, type PodSpec } from "./pod-spec.ts";
import { podStatus, type PodStatus } from "./pod-status.ts";

export const pod = kind("core.v1.Pod", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<PodSpec>(podSpec, { tag: 2 }),
  status: struct<PodStatus>(podStatus, { tag: 3, optional: true }),
});
export interface Pod extends Infer<typeof pod> {}

export const pods = defineResource<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  schema: pod,
  subresources: {
    attach: { kind: "PodAttachOptions", verbs: ["create", "get"] },
    binding: { kind: "Binding", verbs: ["create"] },
    ephemeralcontainers: {},
    eviction: { group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] },
    exec: { kind: "PodExecOptions", verbs: ["create", "get"] },
    log: { verbs: ["get"] },
    portforward: { kind: "PodPortForwardOptions", verbs: ["create", "get"] },
    proxy: { kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    resize: {},
    status: {},
  },
});
