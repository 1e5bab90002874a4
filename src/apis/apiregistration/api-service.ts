import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  bytes,
  type Infer,
  int32,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const serviceReference = object("apiregistration.v1.ServiceReference", {
  namespace: string({ tag: 1 }),
  name: string({ tag: 2 }),
  port: int32({ tag: 3, pointer: true }),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const apiServiceSpec = object("apiregistration.v1.APIServiceSpec", {
  service: struct<ServiceReference>(serviceReference, { tag: 1, pointer: true }),
  group: string({ tag: 2 }),
  version: string({ tag: 3 }),
  insecureSkipTLSVerify: bool({ tag: 4 }),
  caBundle: bytes({ tag: 5, listType: "atomic" }),
  groupPriorityMinimum: int32({ tag: 7, always: true, required: true }),
  versionPriority: int32({ tag: 8, always: true, required: true }),
});
export interface APIServiceSpec extends Infer<typeof apiServiceSpec> {}

export const apiServiceCondition = object("apiregistration.v1.APIServiceCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface APIServiceCondition extends Infer<typeof apiServiceCondition> {}

export const apiServiceStatus = object("apiregistration.v1.APIServiceStatus", {
  conditions: list(struct<APIServiceCondition>(apiServiceCondition), {
    tag: 1,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface APIServiceStatus extends Infer<typeof apiServiceStatus> {}

export const apiService = kind("apiregistration.v1.APIService", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<APIServiceSpec>(apiServiceSpec, { tag: 2 }),
  status: struct<APIServiceStatus>(apiServiceStatus, { tag: 3, optional: true }),
});
export interface APIService extends Infer<typeof apiService> {}

export const apiServices = defineResource<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  singular: "apiservice",
  categories: ["api-extensions"],
  namespaced: false,
  schema: apiService,
  subresources: {
    status: {},
  },
});
