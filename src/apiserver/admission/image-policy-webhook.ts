import { allContainers } from "#apis/core/pod-references.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Clock } from "#base/clock.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";
import type { WebhookCall, WebhookTransport } from "./webhooks/transport.ts";

/** Where images are judged, and what is done when nobody answers. */
export interface ImagePolicyOptions {
  readonly endpoint: Omit<WebhookCall, "body">;
  /** How long an answer is believed. */
  readonly allowTtlSeconds: number;
  readonly denyTtlSeconds: number;
  /** Between two tries. */
  readonly retryBackoffMs: number;
  /** Whether images run that nobody could judge. */
  readonly defaultAllow: boolean;
}

interface Judgement {
  readonly allowed: boolean;
  readonly reason: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const triesMax = 5;
const judgementsMax = 1_024;
const failedOpen = "alpha.image-policy.k8s.io/failed-open";

/** Asks a service whether the images of a pod may run (`imagepolicy.k8s.io/v1alpha1`). */
export function imagePolicyWebhook(options: {
  readonly clock: Clock;
  readonly transport: WebhookTransport;
  readonly policy: ImagePolicyOptions;
}): AdmissionPlugin {
  const { clock, policy } = options;
  const judged = new Map<string, { judgement: Judgement; until: number }>();

  async function judge(spec: object): Promise<Judgement> {
    const key = JSON.stringify(spec);
    const known = judged.get(key);
    if (known && known.until > clock.monotonic()) return known.judgement;
    const judgement = await askAgainAndAgain(options, key);
    const ttl = judgement.allowed ? policy.allowTtlSeconds : policy.denyTtlSeconds;
    if (judged.size >= judgementsMax) judged.clear();
    judged.set(key, { judgement, until: clock.monotonic() + ttl * 1_000 });
    return judgement;
  }

  async function check(a: AdmissionAttributes): Promise<void> {
    const pod = a.object as Pod;
    let judgement: Judgement;
    try {
      judgement = await judge(reviewSpec(a, pod));
    } catch (error) {
      if (!policy.defaultAllow) throw forbid(a, (error as Error).message);
      a.annotate(`imagepolicywebhook.image-policy.k8s.io/failed-open`, "true");
      pod.metadata.annotations = { ...pod.metadata.annotations, [failedOpen]: "true" };
      return;
    }
    for (const [key, value] of Object.entries(judgement.auditAnnotations)) {
      a.annotate(`imagepolicywebhook.image-policy.k8s.io/${key}`, value);
    }
    if (judgement.allowed) return;
    const why = judgement.reason
      ? `image policy webhook backend denied one or more images: ${judgement.reason}`
      : "one or more images rejected by webhook backend";
    throw forbid(a, why);
  }

  return {
    name: "ImagePolicyWebhook",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["/pods", "/pods/ephemeralcontainers"],
    },
    validate: check,
  };
}

function reviewSpec(a: AdmissionAttributes, { spec, metadata }: Pod): object {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.includes(".image-policy.k8s.io/"),
  );
  const containers =
    a.subresource === "ephemeralcontainers"
      ? (spec.ephemeralContainers ?? [])
      : allContainers(spec);
  return {
    containers: containers.map(({ image }) => ({ image })),
    ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
    namespace: a.namespace,
  };
}

async function askAgainAndAgain(
  { clock, transport, policy }: Parameters<typeof imagePolicyWebhook>[0],
  spec: string,
): Promise<Judgement> {
  const header = `{"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1","spec":${spec}}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const { status, body } = await transport.post({ ...policy.endpoint, body: header });
      if (status < 200 || status > 299) throw new StatusError(status);
      return judgementIn(JSON.parse(body));
    } catch (error) {
      if (attempt === triesMax || (error instanceof StatusError && !error.mayPass)) throw error;
      await clock.sleep(policy.retryBackoffMs * 1.5 ** (attempt - 1));
    }
  }
}

class StatusError extends Error {
  /** Whether the next try may end otherwise. */
  readonly mayPass: boolean;

  constructor(status: number) {
    super(`Error contacting webhook: ${status}`);
    this.mayPass = status === 429 || status >= 500;
  }
}

function judgementIn(review: unknown): Judgement {
  const status = isObject(review) ? review["status"] : undefined;
  if (!isObject(status)) throw new Error("the answer is no ImageReview");
  const { allowed, reason, auditAnnotations } = status;
  const notes = isObject(auditAnnotations) ? Object.entries(auditAnnotations) : [];
  return {
    allowed: allowed === true,
    reason: typeof reason === "string" ? reason : "",
    auditAnnotations: Object.fromEntries(
      notes.filter((note): note is [string, string] => typeof note[1] === "string"),
    ),
  };
}
