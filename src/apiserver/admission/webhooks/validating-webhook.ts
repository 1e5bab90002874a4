import { validatingWebhookConfigurations } from "#apis/admissionregistration/validating-webhook-configuration.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { WebhookCaller, type WebhookOptions } from "./call.ts";
import { type Webhook, webhookSource } from "./webhook.ts";

/**
 * Asks the cluster's own services whether a write is fine, all at once.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function validatingAdmissionWebhook(options: WebhookOptions): AdmissionPlugin {
  const caller = new WebhookCaller(options);
  const webhooks = webhookSource(options.reader, validatingWebhookConfigurations);
  return {
    name: "ValidatingAdmissionWebhook",
    matches: { operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"], resources: ["*"] },
    validate(a) {
      const candidates = caller.candidates(a, webhooks());
      if (candidates.length === 0) return;
      return validate(a, caller, candidates);
    },
  };
}

async function validate(
  a: AdmissionAttributes,
  caller: WebhookCaller,
  candidates: readonly Webhook[],
): Promise<void> {
  const asked = candidates.map(async (webhook) => {
    const write = await caller.relevant(a, webhook);
    if (!write) return;
    const verdict = await caller.ask(webhook, write, false);
    for (const [key, value] of Object.entries(verdict?.auditAnnotations ?? {})) {
      a.annotate(`${webhook.source.name}/${key}`, value);
    }
  });
  // Everybody is heard before the first refusal is told.
  const outcomes = await Promise.allSettled(asked);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
