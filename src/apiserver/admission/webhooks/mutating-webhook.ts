import { mutatingWebhookConfigurations } from "#apis/admissionregistration/mutating-webhook-configuration.ts";
import { type ApiError, internalError } from "#machinery/errors.ts";
import { applyJsonPatch } from "#machinery/patch/json-patch.ts";
import type { JsonValue } from "#machinery/schema/schema.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { replaceObject } from "../redecode.ts";
import { pluginReinvocation } from "../reinvocation.ts";
import type { VersionedWrite } from "../request-view.ts";
import { WebhookCaller, type WebhookOptions } from "./call.ts";
import { type Webhook, webhookSource } from "./webhook.ts";

const pluginName = "MutatingAdmissionWebhook";

/**
 * Lets the cluster's own services change a write, one after the other in the order of the names of
 * their configurations.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function mutatingAdmissionWebhook(options: WebhookOptions): AdmissionPlugin {
  const caller = new WebhookCaller(options);
  const webhooks = webhookSource(options.reader, mutatingWebhookConfigurations);
  return {
    name: pluginName,
    matches: { operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"], resources: ["*"] },
    admit(a) {
      const candidates = caller.candidates(a, webhooks());
      if (candidates.length === 0) return;
      return admit(a, caller, candidates);
    },
  };
}

async function admit(
  a: AdmissionAttributes,
  caller: WebhookCaller,
  candidates: readonly Webhook[],
): Promise<void> {
  const reinvocation = pluginReinvocation(a, pluginName);
  reinvocation.begin(a.object);
  for (const [index, webhook] of candidates.entries()) {
    if (!reinvocation.mayInvoke(webhook.key)) continue;
    const write = await caller.relevant(a, webhook);
    if (!write) continue;
    const changed = await askOne(a, caller, webhook, write);
    annotateMutation(a, webhook, index, changed);
    const isReinvocable = webhook.source.reinvocationPolicy === "IfNeeded";
    reinvocation.invoked(webhook.key, changed, isReinvocable);
  }
  reinvocation.end(a.object);
}

/** Whether the webhook changed anything. */
async function askOne(
  a: AdmissionAttributes,
  caller: WebhookCaller,
  webhook: Webhook,
  write: VersionedWrite,
): Promise<boolean> {
  const verdict = await caller.ask(webhook, write, true);
  if (!verdict) return false;
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) {
    a.annotate(`${webhook.source.name}/${key}`, value);
  }
  if (!verdict.patch || verdict.patch.length === 0) return false;
  if (!write.object) {
    const what = `admission webhook "${webhook.source.name}" attempted to modify the object, which is not supported for this operation`;
    throw internalError(undefined, what);
  }
  let patched: JsonValue;
  try {
    patched = applyJsonPatch(write.object as unknown as JsonValue, verdict.patch);
  } catch (error) {
    throw internalError(error, (error as ApiError).message);
  }
  return replaceObject(a, patched, write.resource, caller.equivalents);
}

function annotateMutation(
  a: AdmissionAttributes,
  { configuration, source }: Webhook,
  index: number,
  mutated: boolean,
): void {
  a.annotate(
    `mutation.webhook.admission.k8s.io/round_0_index_${index}`,
    JSON.stringify({ configuration, webhook: source.name, mutated }),
  );
}
