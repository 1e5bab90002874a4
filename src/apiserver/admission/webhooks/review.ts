import {
  ApiError,
  badRequest,
  internalError,
  type Reason,
  reasonCodes,
  type Status,
} from "#machinery/errors.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import { requestView, type VersionedWrite } from "../request-view.ts";

/** AdmissionReview: what a webhook is sent, and how its answer is read. */

/** What a webhook said of a write that it allows. */
export interface Verdict {
  /** A JSON patch, not looked into yet. */
  readonly patch: unknown[] | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** The webhook could not be asked, or did not answer as it should: its failurePolicy decides. */
export class WebhookCallError extends Error {
  override name = "WebhookCallError";
}

const versions = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

/** The first version that both sides know. */
export function reviewVersion(offered: readonly string[]): string {
  const found = offered
    .map((version) => `admission.k8s.io/${version}`)
    .find((version) => versions.includes(version));
  if (found) return found;
  throw new WebhookCallError(
    "webhook does not accept known AdmissionReview versions (v1, v1beta1)",
  );
}

/** The body of the call. `uid` names the question. */
export function reviewRequest(apiVersion: string, uid: string, write: VersionedWrite): string {
  const { object, oldObject } = write;
  const request = { uid, ...requestView(write), object, oldObject };
  return JSON.stringify({ kind: "AdmissionReview", apiVersion, request });
}

interface Response {
  readonly uid?: unknown;
  readonly allowed?: unknown;
  readonly status?: Partial<Status>;
  readonly patch?: unknown;
  readonly patchType?: unknown;
  readonly warnings?: unknown;
  readonly auditAnnotations?: unknown;
}

/**
 * Reads the answer. Throws `WebhookCallError` for one that makes no sense, and the refusal itself
 * when the webhook does not allow the write.
 */
export function readReview(
  text: string,
  options: {
    webhook: string;
    apiVersion: string;
    uid: string;
    mutates: boolean;
    warn: (text: string) => void;
  },
): Verdict {
  const response = responseOf(text, options.apiVersion);
  const { uid, webhook, mutates } = options;
  const isLegacy = options.apiVersion.endsWith("v1beta1");
  if (!isLegacy && response.uid !== uid) {
    const got = typeof response.uid === "string" ? response.uid : "";
    throw new WebhookCallError(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(got)}`,
    );
  }
  const verdict: Verdict = {
    patch: patchOf(response, mutates, isLegacy),
    warnings: texts(response.warnings),
    auditAnnotations: textMap(response.auditAnnotations),
  };
  for (const warning of verdict.warnings) options.warn(warning);
  if (response.allowed !== true) throw denial(webhook, response.status);
  return verdict;
}

function responseOf(text: string, apiVersion: string): Response {
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch (error) {
    throw new WebhookCallError(
      `couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
  if (!isObject(review)) throw new WebhookCallError("the answer is no AdmissionReview");
  const given = `${shown(review["apiVersion"])}, Kind=${shown(review["kind"])}`;
  const wanted = `${apiVersion}, Kind=AdmissionReview`;
  // The first version did not insist on its own name.
  if (apiVersion.endsWith("/v1") && given !== wanted) {
    throw new WebhookCallError(`expected webhook response of ${wanted}, got ${given}`);
  }
  if (!isObject(review["response"])) throw new WebhookCallError("webhook response was absent");
  return review["response"];
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function patchOf(
  { patch, patchType }: Response,
  mutates: boolean,
  isLegacy: boolean,
): unknown[] | undefined {
  const hasPatch = typeof patch === "string" && patch !== "";
  if (!mutates) {
    if (hasPatch && !isLegacy) {
      throw new WebhookCallError("validating webhook may not return response.patch");
    }
    return undefined;
  }
  if (!hasPatch) {
    if (patchType !== undefined && !isLegacy) {
      throw new WebhookCallError("webhook returned response.patchType but not response.patch");
    }
    return undefined;
  }
  if (patchType === undefined && !isLegacy) {
    throw new WebhookCallError("webhook returned response.patch but not response.patchType");
  }
  if (patchType !== undefined && patchType !== "JSONPatch") {
    const shown = JSON.stringify(patchType);
    throw new WebhookCallError(`webhook returned invalid response.patchType of ${shown}`);
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.from(patch, "base64").toString());
    if (Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw internalError(error, `couldn't decode the patch: ${(error as Error).message}`);
  }
  throw internalError(undefined, "the patch is no list of operations");
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function textMap(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).filter(([, one]) => typeof one === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What the webhook gave as the reason, worded as upstream words it. */
function denial(webhook: string, status: Partial<Status> | undefined): ApiError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const { message, reason, code, details } = status ?? {};
  const text = message || reason;
  const known = typeof reason === "string" && Object.hasOwn(reasonCodes, reason);
  return new ApiError(
    known ? (reason as Reason) : "",
    text ? `${deniedBy}: ${text}` : `${deniedBy} without explanation`,
    { code: typeof code === "number" && code >= 400 ? code : 400, ...(details ? { details } : {}) },
  );
}

/** The failure of a call, as the client is told. */
export function callFailed(webhook: string, error: Error): ApiError {
  const name = JSON.stringify(webhook);
  return internalError(error, `failed calling webhook ${name}: ${error.message}`);
}

export function dryRunUnsupported(webhook: string): ApiError {
  return badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`);
}
