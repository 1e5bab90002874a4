import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const exemptPriorityLevelConfiguration = object(
  "flowcontrol.v1.ExemptPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: int32({ tag: 1, pointer: true }),
    lendablePercent: int32({ tag: 2, pointer: true }),
  },
);
export interface ExemptPriorityLevelConfiguration extends Infer<
  typeof exemptPriorityLevelConfiguration
> {}

export const queuingConfiguration = object("flowcontrol.v1.QueuingConfiguration", {
  queues: int32({ tag: 1, always: true }),
  handSize: int32({ tag: 2, always: true }),
  queueLengthLimit: int32({ tag: 3, always: true }),
});
export interface QueuingConfiguration extends Infer<typeof queuingConfiguration> {}

export const limitResponse = object(
  "flowcontrol.v1.LimitResponse",
  {
    type: string({ tag: 1, always: true, required: true }),
    queuing: struct<QueuingConfiguration>(queuingConfiguration, { tag: 2, pointer: true }),
  },
  { unions: [{ discriminator: "type", fields: { queuing: "Queuing" } }] },
);
export interface LimitResponse extends Infer<typeof limitResponse> {}

export const limitedPriorityLevelConfiguration = object(
  "flowcontrol.v1.LimitedPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: int32({ tag: 1, always: true, pointer: true }),
    limitResponse: struct<LimitResponse>(limitResponse, { tag: 2 }),
    lendablePercent: int32({ tag: 3, pointer: true }),
    borrowingLimitPercent: int32({ tag: 4, pointer: true }),
  },
);
export interface LimitedPriorityLevelConfiguration extends Infer<
  typeof limitedPriorityLevelConfiguration
> {}

export const priorityLevelConfigurationSpec = object(
  "flowcontrol.v1.PriorityLevelConfigurationSpec",
  {
    type: string({ tag: 1, always: true, required: true }),
    limited: struct<LimitedPriorityLevelConfiguration>(limitedPriorityLevelConfiguration, {
      tag: 2,
      pointer: true,
    }),
    exempt: struct<ExemptPriorityLevelConfiguration>(exemptPriorityLevelConfiguration, {
      tag: 3,
      pointer: true,
    }),
  },
  { unions: [{ discriminator: "type", fields: { exempt: "Exempt", limited: "Limited" } }] },
);
export interface PriorityLevelConfigurationSpec extends Infer<
  typeof priorityLevelConfigurationSpec
> {}

export const priorityLevelConfigurationCondition = object(
  "flowcontrol.v1.PriorityLevelConfigurationCondition",
  {
    type: string({ tag: 1 }),
    status: string({ tag: 2 }),
    lastTransitionTime: time({ tag: 3 }),
    reason: string({ tag: 4 }),
    message: string({ tag: 5 }),
  },
);
export interface PriorityLevelConfigurationCondition extends Infer<
  typeof priorityLevelConfigurationCondition
> {}

export const priorityLevelConfigurationStatus = object(
  "flowcontrol.v1.PriorityLevelConfigurationStatus",
  {
    conditions: list(
      struct<PriorityLevelConfigurationCondition>(priorityLevelConfigurationCondition),
      {
        tag: 1,
        listType: "map",
        listMapKeys: ["type"],
        patchStrategy: "merge",
        patchMergeKey: "type",
      },
    ),
  },
);
export interface PriorityLevelConfigurationStatus extends Infer<
  typeof priorityLevelConfigurationStatus
> {}

export const priorityLevelConfiguration = kind("flowcontrol.v1.PriorityLevelConfiguration", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<PriorityLevelConfigurationSpec>(priorityLevelConfigurationSpec, { tag: 2 }),
  status: struct<PriorityLevelConfigurationStatus>(priorityLevelConfigurationStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface PriorityLevelConfiguration extends Infer<typeof priorityLevelConfiguration> {}

export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  singular: "prioritylevelconfiguration",
  namespaced: false,
  schema: priorityLevelConfiguration,
  subresources: {
    status: {},
  },
});
