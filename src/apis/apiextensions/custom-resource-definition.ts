import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  bytes,
  type Infer,
  int32,
  int64,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { type JSONSchemaProps, jsonSchemaProps } from "./json-schema-props.ts";

export const serviceReference = object("apiextensions.v1.ServiceReference", {
  namespace: string({ tag: 1, always: true, required: true }),
  name: string({ tag: 2, always: true, required: true }),
  path: string({ tag: 3, pointer: true }),
  port: int32({ tag: 4, pointer: true }),
});
export interface ServiceReference extends Infer<typeof serviceReference> {}

export const webhookClientConfig = object("apiextensions.v1.WebhookClientConfig", {
  service: struct<ServiceReference>(serviceReference, { tag: 1, pointer: true }),
  caBundle: bytes({ tag: 2 }),
  url: string({ tag: 3, pointer: true }),
});
export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}

export const webhookConversion = object("apiextensions.v1.WebhookConversion", {
  clientConfig: struct<WebhookClientConfig>(webhookClientConfig, { tag: 2, pointer: true }),
  conversionReviewVersions: list(string(), {
    tag: 3,
    always: true,
    required: true,
    listType: "atomic",
  }),
});
export interface WebhookConversion extends Infer<typeof webhookConversion> {}

export const customResourceConversion = object("apiextensions.v1.CustomResourceConversion", {
  strategy: string({ tag: 1, always: true, required: true }),
  webhook: struct<WebhookConversion>(webhookConversion, { tag: 2, pointer: true }),
});
export interface CustomResourceConversion extends Infer<typeof customResourceConversion> {}

export const customResourceDefinitionNames = object(
  "apiextensions.v1.CustomResourceDefinitionNames",
  {
    plural: string({ tag: 1, always: true, required: true }),
    singular: string({ tag: 2 }),
    shortNames: list(string(), { tag: 3, listType: "atomic" }),
    kind: string({ tag: 4, always: true, required: true }),
    listKind: string({ tag: 5 }),
    categories: list(string(), { tag: 6, listType: "atomic" }),
  },
);
export interface CustomResourceDefinitionNames extends Infer<
  typeof customResourceDefinitionNames
> {}

export const customResourceColumnDefinition = object(
  "apiextensions.v1.CustomResourceColumnDefinition",
  {
    name: string({ tag: 1, always: true, required: true }),
    type: string({ tag: 2, always: true, required: true }),
    format: string({ tag: 3 }),
    description: string({ tag: 4 }),
    priority: int32({ tag: 5 }),
    jsonPath: string({ tag: 6, always: true, required: true }),
  },
);
export interface CustomResourceColumnDefinition extends Infer<
  typeof customResourceColumnDefinition
> {}

export const customResourceValidation = object("apiextensions.v1.CustomResourceValidation", {
  openAPIV3Schema: struct<JSONSchemaProps>(jsonSchemaProps, { tag: 1, pointer: true }),
});
export interface CustomResourceValidation extends Infer<typeof customResourceValidation> {}

export const selectableField = object("apiextensions.v1.SelectableField", {
  jsonPath: string({ tag: 1, always: true, required: true }),
});
export interface SelectableField extends Infer<typeof selectableField> {}

export const customResourceSubresourceScale = object(
  "apiextensions.v1.CustomResourceSubresourceScale",
  {
    specReplicasPath: string({ tag: 1, always: true, required: true }),
    statusReplicasPath: string({ tag: 2, always: true, required: true }),
    labelSelectorPath: string({ tag: 3, pointer: true }),
  },
);
export interface CustomResourceSubresourceScale extends Infer<
  typeof customResourceSubresourceScale
> {}

/** Has no fields: that it is there turns the subresource on. */
export const customResourceSubresourceStatus = object(
  "apiextensions.v1.CustomResourceSubresourceStatus",
  {},
);
export interface CustomResourceSubresourceStatus extends Infer<
  typeof customResourceSubresourceStatus
> {}

export const customResourceSubresources = object("apiextensions.v1.CustomResourceSubresources", {
  status: struct<CustomResourceSubresourceStatus>(customResourceSubresourceStatus, {
    tag: 1,
    pointer: true,
  }),
  scale: struct<CustomResourceSubresourceScale>(customResourceSubresourceScale, {
    tag: 2,
    pointer: true,
  }),
});
export interface CustomResourceSubresources extends Infer<typeof customResourceSubresources> {}

export const customResourceDefinitionVersion = object(
  "apiextensions.v1.CustomResourceDefinitionVersion",
  {
    name: string({ tag: 1, always: true, required: true }),
    served: bool({ tag: 2, always: true, required: true }),
    storage: bool({ tag: 3, always: true, required: true }),
    schema: struct<CustomResourceValidation>(customResourceValidation, { tag: 4, pointer: true }),
    subresources: struct<CustomResourceSubresources>(customResourceSubresources, {
      tag: 5,
      pointer: true,
    }),
    additionalPrinterColumns: list(
      struct<CustomResourceColumnDefinition>(customResourceColumnDefinition),
      { tag: 6, listType: "atomic" },
    ),
    deprecated: bool({ tag: 7 }),
    deprecationWarning: string({ tag: 8, pointer: true }),
    selectableFields: list(struct<SelectableField>(selectableField), {
      tag: 9,
      listType: "atomic",
    }),
  },
);
export interface CustomResourceDefinitionVersion extends Infer<
  typeof customResourceDefinitionVersion
> {}

export const customResourceDefinitionSpec = object(
  "apiextensions.v1.CustomResourceDefinitionSpec",
  {
    group: string({ tag: 1, always: true, required: true }),
    names: struct<CustomResourceDefinitionNames>(customResourceDefinitionNames, {
      tag: 3,
      always: true,
      required: true,
    }),
    scope: string({ tag: 4, always: true, required: true }),
    versions: list(struct<CustomResourceDefinitionVersion>(customResourceDefinitionVersion), {
      tag: 7,
      always: true,
      required: true,
      listType: "atomic",
    }),
    conversion: struct<CustomResourceConversion>(customResourceConversion, {
      tag: 9,
      pointer: true,
    }),
    preserveUnknownFields: bool({ tag: 10 }),
  },
);
export interface CustomResourceDefinitionSpec extends Infer<typeof customResourceDefinitionSpec> {}

export const customResourceDefinitionCondition = object(
  "apiextensions.v1.CustomResourceDefinitionCondition",
  {
    type: string({ tag: 1, always: true, required: true }),
    status: string({ tag: 2, always: true, required: true }),
    lastTransitionTime: time({ tag: 3 }),
    reason: string({ tag: 4 }),
    message: string({ tag: 5 }),
    observedGeneration: int64({ tag: 6 }),
  },
);
export interface CustomResourceDefinitionCondition extends Infer<
  typeof customResourceDefinitionCondition
> {}

export const customResourceDefinitionStatus = object(
  "apiextensions.v1.CustomResourceDefinitionStatus",
  {
    conditions: list(struct<CustomResourceDefinitionCondition>(customResourceDefinitionCondition), {
      tag: 1,
      always: true,
      listType: "map",
      listMapKeys: ["type"],
    }),
    acceptedNames: struct<CustomResourceDefinitionNames>(customResourceDefinitionNames, {
      tag: 2,
      always: true,
    }),
    storedVersions: list(string(), { tag: 3, always: true, listType: "atomic" }),
    observedGeneration: int64({ tag: 4 }),
  },
);
export interface CustomResourceDefinitionStatus extends Infer<
  typeof customResourceDefinitionStatus
> {}

export const customResourceDefinition = kind("apiextensions.v1.CustomResourceDefinition", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<CustomResourceDefinitionSpec>(customResourceDefinitionSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<CustomResourceDefinitionStatus>(customResourceDefinitionStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface CustomResourceDefinition extends Infer<typeof customResourceDefinition> {}

export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  singular: "customresourcedefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  namespaced: false,
  schema: customResourceDefinition,
  subresources: {
    status: {},
  },
});
