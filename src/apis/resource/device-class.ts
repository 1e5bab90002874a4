import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import {
  type DeviceSelector,
  deviceSelector,
  opaqueDeviceConfiguration,
  type OpaqueDeviceConfiguration,
} from "./device-claim.ts";

export const deviceClassConfiguration = object("resource.v1.DeviceClassConfiguration", {
  opaque: struct<OpaqueDeviceConfiguration>(opaqueDeviceConfiguration, {
    tag: [1, 1],
    pointer: true,
  }),
});
export interface DeviceClassConfiguration extends Infer<typeof deviceClassConfiguration> {}

export const deviceClassSpec = object("resource.v1.DeviceClassSpec", {
  selectors: list(struct<DeviceSelector>(deviceSelector), { tag: 1, listType: "atomic" }),
  config: list(struct<DeviceClassConfiguration>(deviceClassConfiguration), {
    tag: 2,
    listType: "atomic",
  }),
  extendedResourceName: string({ tag: 4, pointer: true }),
});
export interface DeviceClassSpec extends Infer<typeof deviceClassSpec> {}

export const deviceClass = kind("resource.v1.DeviceClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<DeviceClassSpec>(deviceClassSpec, { tag: 2, always: true, required: true }),
});
export interface DeviceClass extends Infer<typeof deviceClass> {}

export const deviceClasses = defineResource<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  singular: "deviceclass",
  namespaced: false,
  schema: deviceClass,
});
