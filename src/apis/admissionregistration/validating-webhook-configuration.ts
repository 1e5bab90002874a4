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

export const validatingWebhook = object("admissionregistration.v1.ValidatingWebhook", {
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
  objectSelector: struct<LabelSelector>(labelSelector, { tag: 10, pointer: true }),
  matchConditions: list(struct<MatchCondition>(matchCondition), {
    tag: 11,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
});
export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}

export const validatingWebhookConfiguration = kind(
  "admissionregistration.v1.ValidatingWebhookConfiguration",
  {
    metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
    webhooks: list(struct<ValidatingWebhook>(validatingWebhook), {
      tag: 2,
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
    }),
  },
);
export interface ValidatingWebhookConfiguration extends Infer<
  typeof validatingWebhookConfiguration
> {}

export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  singular: "validatingwebhookconfiguration",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingWebhookConfiguration,
});
