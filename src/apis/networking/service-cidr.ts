import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { type Condition, condition } from "../meta/condition.ts";

export const serviceCIDRSpec = object("networking.v1.ServiceCIDRSpec", {
  cidrs: list(string(), { tag: 1, listType: "atomic" }),
});
export interface ServiceCIDRSpec extends Infer<typeof serviceCIDRSpec> {}

export const serviceCIDRStatus = object("networking.v1.ServiceCIDRStatus", {
  conditions: list(struct<Condition>(condition), {
    tag: 1,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface ServiceCIDRStatus extends Infer<typeof serviceCIDRStatus> {}

export const serviceCIDR = kind("networking.v1.ServiceCIDR", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ServiceCIDRSpec>(serviceCIDRSpec, { tag: 2 }),
  status: struct<ServiceCIDRStatus>(serviceCIDRStatus, { tag: 3, optional: true }),
});
export interface ServiceCIDR extends Infer<typeof serviceCIDR> {}

export const serviceCIDRs = defineResource<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  singular: "servicecidr",
  namespaced: false,
  schema: serviceCIDR,
  subresources: {
    status: {},
  },
});
