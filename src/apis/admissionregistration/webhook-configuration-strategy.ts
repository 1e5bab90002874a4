import { path } from "#machinery/field-error.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurations,
} from "./mutating-webhook-configuration.ts";
import {
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurations,
} from "./validating-webhook-configuration.ts";
import { validateWebhooks } from "./webhook-validation.ts";

const at = path("webhooks");

/** What both sorts have in common: a change is checked as if the object were new. */
const common = {
  metadata: "none",
  generation: true,
  allowUnconditionalUpdate: false,
  updateSkipsValidate: true,
} as const;

export const validatingWebhookConfigurationStrategy = kindStrategy<ValidatingWebhookConfiguration>({
  ...common,
  resource: validatingWebhookConfigurations,
  validate(problems, object) {
    const resource = validatingWebhookConfigurations;
    checkMeta(problems, object, { resource, metadata: "plain" });
    validateWebhooks(problems, at, object.webhooks ?? []);
  },
  validateUpdate(problems, object, old) {
    const resource = validatingWebhookConfigurations;
    checkMeta(problems, object, { resource, metadata: "plain" });
    validateWebhooks(problems, at, object.webhooks ?? [], old.webhooks ?? []);
  },
});

export const mutatingWebhookConfigurationStrategy = kindStrategy<MutatingWebhookConfiguration>({
  ...common,
  resource: mutatingWebhookConfigurations,
  validate(problems, object) {
    const resource = mutatingWebhookConfigurations;
    checkMeta(problems, object, { resource, metadata: "plain" });
    validateWebhooks(problems, at, object.webhooks ?? []);
  },
  validateUpdate(problems, object, old) {
    const resource = mutatingWebhookConfigurations;
    checkMeta(problems, object, { resource, metadata: "plain" });
    validateWebhooks(problems, at, object.webhooks ?? [], old.webhooks ?? []);
  },
});
