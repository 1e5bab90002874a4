import type { Path } from "#machinery/field-error.ts";
import { dns1035Label } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { CustomResourceConversion } from "./custom-resource-definition.ts";
import {
  checkCaBundle,
  checkWebhookService,
  checkWebhookUrl,
} from "./webhook-client-validation.ts";

export interface ConversionOptions {
  /** One of the versions of ConversionReview must be one that this server speaks. */
  readonly requireKnownReview: boolean;
  /** Before a definition is established, and when it was invalid already. */
  readonly anyCaBundle: boolean;
}

/** The versions of ConversionReview that some server of this release or the one before speaks. */
export const reviewVersions = ["v1", "v1beta1"];

/** Adds what is wrong with how versions are converted. Upstream's names for the fields are older. */
export function checkConversion(
  problems: Problems,
  conversion: CustomResourceConversion | undefined,
  at: Path,
  options: ConversionOptions,
): void {
  if (!conversion) return;
  const { strategy, webhook } = conversion;
  problems.requiredOneOf(at.child("strategy"), strategy, ["None", "Webhook"]);
  const clientAt = at.child("webhookClientConfig");
  const versionsAt = at.child("conversionReviewVersions");
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== "Webhook") {
    const why = "should not be set when strategy is not set to Webhook";
    if (config) problems.forbidden(clientAt, why);
    if (versions.length > 0) problems.forbidden(versionsAt, why);
    return;
  }
  if (!config) problems.required(clientAt, "required when strategy is set to Webhook");
  else {
    const { url, service, caBundle } = config;
    if ((url === undefined) === (service === undefined)) {
      problems.required(clientAt, "exactly one of url or service is required");
    } else if (url !== undefined) checkWebhookUrl(problems, clientAt.child("url"), url);
    else if (service) checkWebhookService(problems, clientAt.child("service"), service);
    if (caBundle && !options.anyCaBundle) {
      checkCaBundle(problems, clientAt.child("caBundle"), caBundle);
    }
  }
  checkReviewVersions(problems, versions, versionsAt, options);
}

function checkReviewVersions(
  problems: Problems,
  versions: readonly string[],
  at: Path,
  { requireKnownReview }: ConversionOptions,
): void {
  if (versions.length === 0) {
    problems.required(at);
    return;
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) problems.invalid(at.index(i), version, "duplicate version");
    else problems.each(at.index(i), version, dns1035Label(version));
  }
  if (requireKnownReview && !versions.some((version) => reviewVersions.includes(version))) {
    problems.invalid(at, versions, `must include at least one of ${reviewVersions.join(", ")}`);
  }
}
