import type { MatchResources, RuleWithOperations } from "./matching.ts";
import type { MutatingAdmissionPolicyBinding } from "./mutating-admission-policy-binding.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import type { MutatingWebhookConfiguration } from "./mutating-webhook-configuration.ts";
import type { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";
import type {
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "./validating-webhook-configuration.ts";

export function applyDefaultsToValidatingWebhooks({
  webhooks,
}: ValidatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) applyDefaultsToWebhook(webhook);
}

export function applyDefaultsToMutatingWebhooks({ webhooks }: MutatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) {
    applyDefaultsToWebhook(webhook);
    webhook.reinvocationPolicy ??= "Never";
  }
}

/** What both sorts of webhooks have. */
function applyDefaultsToWebhook(
  webhook: Pick<
    ValidatingWebhook,
    | "clientConfig"
    | "failurePolicy"
    | "matchPolicy"
    | "namespaceSelector"
    | "objectSelector"
    | "rules"
    | "timeoutSeconds"
  >,
): void {
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= 443;
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  applyDefaultsToRules(webhook.rules);
}

function applyDefaultsToRules(rules: RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

function applyDefaultsToMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  applyDefaultsToRules(match.resourceRules);
  applyDefaultsToRules(match.excludeResourceRules);
}

export function applyDefaultsToAdmissionPolicy({
  spec,
}: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  spec.failurePolicy ??= "Fail";
  applyDefaultsToMatch(spec.matchConstraints);
}

export function applyDefaultsToAdmissionPolicyBinding({
  spec,
}: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): void {
  applyDefaultsToMatch(spec.matchResources);
}
