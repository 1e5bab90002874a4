import { reviewVersions } from "#apis/apiextensions/conversion-validation.ts";
import type {
  CustomResourceDefinition,
  WebhookClientConfig,
} from "#apis/apiextensions/custom-resource-definition.ts";
import type { Chance } from "#base/chance.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ServiceResolver } from "../admission/webhooks/service-endpoint.ts";
import type { WebhookCall, WebhookTransport } from "../admission/webhooks/transport.ts";
import type { Converter } from "./custom-conversion.ts";

/**
 * Conversion by somebody else (ConversionReview).
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
 */
export interface WebhookParts {
  readonly chance: Chance;
  readonly transport: WebhookTransport;
  readonly resolve: ServiceResolver;
}

const timeoutSeconds = 30;

/** How the objects of a definition come into another version. */
export function converterFor(
  { spec }: DeepReadonly<CustomResourceDefinition>,
  parts: WebhookParts,
): Converter {
  const { strategy, webhook } = spec.conversion ?? {};
  const config = webhook?.clientConfig;
  if (strategy !== "Webhook" || !config) return { strategy: "None" };
  const offered = webhook.conversionReviewVersions ?? [];
  const version = offered.find((each) => reviewVersions.includes(each)) ?? "v1";
  const reviewApiVersion = `apiextensions.k8s.io/${version}`;
  return {
    strategy: "Webhook",
    async convert(objects, apiVersion) {
      const uid = parts.chance.uuid();
      const review = {
        kind: "ConversionReview",
        apiVersion: reviewApiVersion,
        request: { uid, desiredAPIVersion: apiVersion, objects },
      };
      try {
        const call = callTo(config, JSON.stringify(review), parts);
        const answer = await post(call, parts.transport);
        const converted = readReview(answer, reviewApiVersion, uid);
        if (converted.length !== objects.length) {
          throw new Error(`returned ${converted.length} objects, expected ${objects.length}`);
        }
        return converted.map((object, i) => checked(object, objects[i]!, apiVersion));
      } catch (error) {
        const { apiVersion: from, kind } = objects[0]!;
        const why = (error as Error).message;
        throw new ApiError("", `conversion webhook for ${from}, Kind=${kind} failed: ${why}`, {
          code: 500,
          cause: error,
        });
      }
    },
  };
}

function callTo(
  { service, url, caBundle }: DeepReadonly<WebhookClientConfig>,
  body: string,
  { resolve }: WebhookParts,
): WebhookCall {
  const ca = caBundle ? Buffer.from(caBundle, "base64").toString() : undefined;
  const common = { ca, body, timeoutMs: timeoutSeconds * 1_000 };
  const timed = (path: string) =>
    `${path}${path.includes("?") ? "&" : "?"}timeout=${timeoutSeconds}s`;
  if (service) {
    const { namespace, name, path = "/", port = 443 } = service;
    const serverName = `${name}.${namespace}.svc`;
    return { ...common, ...resolve(namespace, name, port), serverName, path: timed(path) };
  }
  const parsed = new URL(url ?? "");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const port = parsed.port === "" ? 443 : Number(parsed.port);
  return { ...common, host, port, serverName: host, path: timed(parsed.pathname + parsed.search) };
}

async function post(call: WebhookCall, transport: WebhookTransport): Promise<string> {
  const { serverName, port, path } = call;
  const answer = await transport.post(call).catch((error: unknown) => {
    const why = (error as Error).message;
    throw new Error(`Post "https://${serverName}:${port}${path}": ${why}`, { cause: error });
  });
  if (answer.status >= 200 && answer.status <= 299) return answer.body;
  const why = answer.body.trim().slice(0, 1_024);
  throw new Error(why || `the server answered with status ${answer.status}`);
}

function readReview(text: string, apiVersion: string, uid: string): unknown[] {
  const review: unknown = JSON.parse(text);
  if (!isObject(review)) throw new Error("the answer is no ConversionReview");
  if (review["kind"] !== "ConversionReview" || review["apiVersion"] !== apiVersion) {
    const found = `${JSON.stringify(review["apiVersion"])}, Kind=${JSON.stringify(review["kind"])}`;
    throw new Error(
      `expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${found}`,
    );
  }
  const { response } = review;
  if (!isObject(response)) throw new Error("webhook response did not include a response");
  if (response["uid"] !== uid) {
    throw new Error(
      `expected response.uid ${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"])}`,
    );
  }
  const { result, convertedObjects } = response;
  if (!isObject(result) || result["status"] !== "Success") {
    const message = isObject(result) ? result["message"] : undefined;
    throw new Error(typeof message === "string" && message !== "" ? message : "unknown error");
  }
  return Array.isArray(convertedObjects) ? convertedObjects : [];
}

/** A conversion changes data, not which object it is: of metadata labels and annotations only. */
function checked(value: unknown, original: KubeObject, apiVersion: string): KubeObject {
  if (!isObject(value)) throw new Error("a converted object is no object");
  const object = value as unknown as KubeObject;
  if (object.apiVersion !== apiVersion) {
    throw new Error(`converted object has version ${object.apiVersion}, expected ${apiVersion}`);
  }
  if (object.kind !== original.kind) {
    throw new Error(`must have the same kind: ${object.kind} != ${original.kind}`);
  }
  for (const name of ["name", "namespace", "uid"] as const) {
    const [is, was] = [object.metadata?.[name], original.metadata[name]];
    if ((is ?? "") !== (was ?? "")) throw new Error(`must have the same ${name}: ${is} != ${was}`);
  }
  const { labels, annotations } = object.metadata;
  const { labels: _, annotations: __, ...kept } = original.metadata;
  const metadata = {
    ...kept,
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
  };
  return { ...object, metadata };
}
