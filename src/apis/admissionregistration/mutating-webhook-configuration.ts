import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int32, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";
import {
  type MatchCondition,
  matchCondition,
  ruleWithOperations,
  type RuleWithOperations,
} from "./matching.ts";
import { webhookClientConfig, type WebhookClientConfig } from "./webhook-client-config.ts";

export const mutatingWebhook = object("admissionregistration.v1.MutatingWebhook", {
  name: string({ tag: 1, always: true, required: true }),
  clientConfig: struct<WebhookClientConfig>(webhookClientConfig, {
    tag: 2,
    always: true,
    required: true,
  }),
  rules: list(struct<RuleWithOperations>(ruleWithOperations), { tag: 3, listType: "atomic" }),
  failurePolicy: string({ tag: 4, pointer: true, enum: ["Fail", "Ignore"] }),
  namespaceSelector: struct<LabelSelector>(labelSelector, { tag: 5, pointer: true }),
  sideEffects: string({
    tag: 6,
    always: true,
    pointer: true,
    required: true,
    enum: ["None", "NoneOnDryRun", "Some", "Unknown"],
  }),
  timeoutSeconds: int32({ tag: 7, pointer: true }),
  admissionReviewVersions: list(string(), {
    tag: 8,
    always: true,
    required: true,
    listType: "atomic",
  }),
  matchPolicy: string({ tag: 9, pointer: true, enum: ["Equivalent", "Exact"] }),
  reinvocationPolicy: string({ tag: 10, pointer: true, enum: ["IfNeeded", "Never"] }),
  objectSelector: struct<LabelSelector>(labelSelector, { tag: 11, pointer: true }),
  matchConditions: list(struct<MatchCondition>(matchCondition), {
    tag: 12,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
});
export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}

export const mutatingWebhookConfiguration = kind(
  "admissionregistration.v1.MutatingWebhookConfiguration",
  {
    metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
    webhooks: list(struct<MutatingWebhook>(mutatingWebhook), {
      tag: 2,
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
    }),
  },
);
export interface MutatingWebhookConfiguration extends Infer<typeof mutatingWebhookConfiguration> {}

export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  singular: "mutatingwebhookconfiguration",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingWebhookConfiguration,
});
