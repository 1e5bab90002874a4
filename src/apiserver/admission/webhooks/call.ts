import { celLimits } from "#machinery/cel/cel.ts";
import { settle } from "#machinery/cel/pending.ts";
import type { Chance } from "#base/chance.ts";
import type { Logger } from "#base/log.ts";
import { ApiError } from "#machinery/errors.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { Budget, evaluateConditions, writeVariables } from "../cel-context.ts";
import { builtInEquivalents, type Equivalents } from "../equivalents.ts";
import { forbid } from "../errors.ts";
import { isAdmissionConfiguration, matchRules, matchWrite } from "../matching.ts";
import type { VersionedWrite } from "../request-view.ts";
import { versionedWrite } from "../versioned-write.ts";
import {
  callFailed,
  dryRunUnsupported,
  readReview,
  reviewRequest,
  reviewVersion,
  type Verdict,
  WebhookCallError,
} from "./review.ts";
import type { ServiceResolver } from "./service-endpoint.ts";
import type { WebhookCall, WebhookTransport } from "./transport.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhookOptions {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  readonly chance: Chance;
  readonly log?: Logger | undefined;
  readonly transport: WebhookTransport;
  readonly resolve: ServiceResolver;
  readonly equivalents?: Equivalents | undefined;
}

const timeoutSecondsDefault = 10;

/** Finds out which webhooks want to see a write, and asks them. */
export class WebhookCaller {
  readonly #options: WebhookOptions;
  readonly equivalents: Equivalents;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.equivalents = options.equivalents ?? builtInEquivalents;
  }

  /** Those whose rules match; selectors and conditions are looked at when their turn comes. */
  candidates(a: AdmissionAttributes, webhooks: readonly Webhook[]): readonly Webhook[] {
    if (webhooks.length === 0 || isAdmissionConfiguration(a)) return [];
    return webhooks.filter(({ criteria }) => matchRules(a, criteria, this.equivalents));
  }

  /** The write as the webhook wants to see it; undefined when it does not. */
  async relevant(a: AdmissionAttributes, webhook: Webhook): Promise<VersionedWrite | undefined> {
    const { reader } = this.#options;
    const context = { reader, equivalents: this.equivalents };
    const matched: Resource | undefined = await matchWrite(a, webhook.criteria, context);
    if (!matched) return undefined;
    const write = await versionedWrite(a, matched, this.equivalents);
    return (await this.#conditionsHold(write, webhook)) ? write : undefined;
  }

  async #conditionsHold(write: VersionedWrite, webhook: Webhook): Promise<boolean> {
    const { conditions, broken, source } = webhook;
    if (conditions.length === 0 && broken === undefined) return true;
    const variables = writeVariables({ write, authorizer: this.#options.authorizer });
    const outcome =
      broken === undefined
        ? await settle(() =>
            evaluateConditions(
              conditions,
              variables,
              new Budget(celLimits.matchConditionsBudgetMax),
            ),
          )
        : { error: broken };
    if (!("error" in outcome)) return outcome.matches;
    if (source.failurePolicy === "Ignore") return false;
    throw forbid(write.attributes, outcome.error);
  }

  /** Asks a webhook. Undefined: it failed, and its failures are to be ignored. */
  async ask(
    webhook: Webhook,
    write: VersionedWrite,
    mutates: boolean,
  ): Promise<Verdict | undefined> {
    const { source } = webhook;
    const a = write.attributes;
    if (a.dryRun && source.sideEffects !== "None" && source.sideEffects !== "NoneOnDryRun") {
      throw dryRunUnsupported(source.name);
    }
    try {
      return await this.#exchange(webhook, write, mutates);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      const failure = error instanceof Error ? error : new Error(String(error));
      if (source.failurePolicy !== "Ignore") throw callFailed(source.name, failure);
      this.#options.log?.warn("a webhook failed, the write goes on", {
        webhook: source.name,
        error: failure,
      });
      return undefined;
    }
  }

  async #exchange({ source }: Webhook, write: VersionedWrite, mutates: boolean): Promise<Verdict> {
    const { chance, transport } = this.#options;
    const apiVersion = reviewVersion(source.admissionReviewVersions ?? []);
    const uid = chance.uuid();
    const body = reviewRequest(apiVersion, uid, write);
    const call = this.#callTo(source, body);
    const answer = await transport.post(call).catch((error: unknown) => {
      const why = (error as Error).message;
      throw new WebhookCallError(`failed to call webhook: Post "${shownUrl(call)}": ${why}`);
    });
    if (answer.status < 200 || answer.status > 299) {
      const why = answer.body.trim().slice(0, 1_024) || "the server could not process the request";
      throw new WebhookCallError(`failed to call webhook: ${answer.status}: ${why}`);
    }
    const warn = (text: string): void => write.attributes.warn(text);
    return readReview(answer.body, { webhook: source.name, apiVersion, uid, mutates, warn });
  }

  #callTo({ clientConfig, timeoutSeconds }: Webhook["source"], body: string): WebhookCall {
    const seconds = timeoutSeconds ?? timeoutSecondsDefault;
    const { service, url, caBundle } = clientConfig;
    const common = {
      ca: caBundle ? Buffer.from(caBundle, "base64").toString() : undefined,
      body,
      timeoutMs: seconds * 1_000,
    };
    if (service) {
      const { namespace, name, path = "/", port = 443 } = service;
      const serverName = `${name}.${namespace}.svc`;
      const target = this.#resolve(namespace, name, port);
      return { ...common, ...target, serverName, path: withTimeout(path, seconds) };
    }
    const parsed = URL.canParse(url ?? "") ? new URL(url ?? "") : undefined;
    if (parsed?.protocol !== "https:") throw new WebhookCallError("webhook has no valid URL");
    const host = parsed.hostname.replace(/^\[|\]$/g, "");
    return {
      ...common,
      host,
      port: parsed.port === "" ? 443 : Number(parsed.port),
      serverName: host,
      path: withTimeout(parsed.pathname + parsed.search, seconds),
    };
  }

  #resolve(namespace: string, name: string, port: number): { host: string; port: number } {
    try {
      return this.#options.resolve(namespace, name, port);
    } catch (error) {
      throw new WebhookCallError(`failed to call webhook: ${(error as Error).message}`);
    }
  }
}

function withTimeout(path: string, seconds: number): string {
  return `${path}${path.includes("?") ? "&" : "?"}timeout=${seconds}s`;
}

function shownUrl({ serverName, port, path }: WebhookCall): string {
  return `https://${serverName}:${port}${path}`;
}
