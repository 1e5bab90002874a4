import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  kind,
  microTime,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const leaseSpec = object("coordination.v1.LeaseSpec", {
  holderIdentity: string({ tag: 1, pointer: true }),
  leaseDurationSeconds: int32({ tag: 2, pointer: true }),
  acquireTime: microTime({ tag: 3, pointer: true }),
  renewTime: microTime({ tag: 4, pointer: true }),
  leaseTransitions: int32({ tag: 5, pointer: true }),
  strategy: string({ tag: 6, pointer: true }),
  preferredHolder: string({ tag: 7, pointer: true }),
});
export interface LeaseSpec extends Infer<typeof leaseSpec> {}

export const lease = kind("coordination.v1.Lease", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<LeaseSpec>(leaseSpec, { tag: 2 }),
});
export interface Lease extends Infer<typeof lease> {}

export const leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  singular: "lease",
  namespaced: true,
  schema: lease,
});
