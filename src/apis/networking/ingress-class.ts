import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, string, struct } from "#machinery/schema/schema.ts";

export const ingressClassParametersReference = object(
  "networking.v1.IngressClassParametersReference",
  {
    apiGroup: string({ tag: 1, pointer: true }),
    kind: string({ tag: 2, always: true, required: true }),
    name: string({ tag: 3, always: true, required: true }),
    scope: string({ tag: 4, always: true, pointer: true }),
    namespace: string({ tag: 5, pointer: true }),
  },
);
export interface IngressClassParametersReference extends Infer<
  typeof ingressClassParametersReference
> {}

export const ingressClassSpec = object("networking.v1.IngressClassSpec", {
  controller: string({ tag: 1 }),
  parameters: struct<IngressClassParametersReference>(ingressClassParametersReference, {
    tag: 2,
    pointer: true,
  }),
});
export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}

export const ingressClass = kind("networking.v1.IngressClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<IngressClassSpec>(ingressClassSpec, { tag: 2 }),
});
export interface IngressClass extends Infer<typeof ingressClass> {}

export const ingressClasses = defineResource<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  singular: "ingressclass",
  namespaced: false,
  schema: ingressClass,
});
