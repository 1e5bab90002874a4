import { rfc3339 } from "#base/clock.ts";
import { type TokenRequest, tokenRequest } from "#apis/authentication/token-request.ts";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { secrets } from "#apis/core/secret.ts";
import { badRequest, conflict, notFound } from "#machinery/errors.ts";
import { type FieldError, invalid, invalidObject } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type {
  BoundReference,
  TokenIssuer,
} from "#apiserver/authentication/service-account-token.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain, representation } from "../answer.ts";
import { decodeBody } from "../codec.ts";
import type { ResourceContext } from "../context.ts";
import { existing } from "../get.ts";
import type { ServedStorage } from "../served.ts";
import { writeOptions } from "../write-options.ts";
import { admissionAttributes } from "../write-steps.ts";

const gvk = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
const decodable = { gvk, schema: tokenRequest };
const secondsMin = 10 * 60;
const secondsMax = 2 ** 32;
/** Kubelets of old clients ask for this; the token then lives longer and warns after an hour. */
const legacySeconds = 60 * 60 + 7;
const extendedSeconds = 365 * 24 * 60 * 60;

/** POST of `serviceaccounts/NAME/token`. */
export async function requestToken(
  context: ResourceContext,
  storage: ServedStorage,
  options: {
    readonly issuer: TokenIssuer;
    readonly audiences: readonly string[];
    readonly reader: ObjectReader;
  },
): Promise<ApiResponse> {
  const as = representation(context, "object");
  const { request, info, server, warnings } = context;
  const write = writeOptions(request.query, "CreateOptions");
  const contentType = request.headers["content-type"] as string | undefined;
  const raw = { body: await request.body(), contentType };
  const asked = decodeBody(decodable, raw, write.fieldValidation, warnings) as TokenRequest;
  asked.spec ??= { audiences: null };
  const { spec } = asked;
  const account = existing(context, storage).object;
  check(context, asked);
  if (!spec.audiences?.length) spec.audiences = [...options.audiences];
  asked.metadata = { ...asked.metadata, name: info.name, namespace: info.namespace };
  const attributes = admissionAttributes(context, "CREATE", info.name, asked, undefined, write);
  await server.admission.admit(attributes);
  await server.admission.validate(attributes);
  const bound = boundTo(options.reader, info.namespace, spec);
  const seconds = spec.expirationSeconds ?? 60 * 60;
  const isLegacy = seconds === legacySeconds && spec.audiences.join() === options.audiences.join();
  const { token, expiresAtMs } = await options.issuer.issue({
    namespace: info.namespace,
    serviceAccount: { name: info.name, uid: account.metadata.uid ?? "" },
    bound: bound?.reference,
    node: bound?.node,
    audiences: spec.audiences,
    expirationSeconds: isLegacy ? extendedSeconds : seconds,
    ...(isLegacy ? { warnAfterSeconds: legacySeconds } : {}),
  });
  const { uid = "" } = account.metadata;
  const nowMs = server.clock.now();
  const expirationMs = isLegacy ? nowMs + seconds * 1_000 : expiresAtMs;
  return answerPlain(context, as, 201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {
      name: info.name,
      namespace: info.namespace,
      uid,
      creationTimestamp: rfc3339(nowMs),
    },
    spec: { ...spec, expirationSeconds: seconds },
    status: { token, expirationTimestamp: rfc3339(expirationMs) },
  });
}

function check({ info }: ResourceContext, { metadata, spec }: TokenRequest): void {
  const errors: FieldError[] = [];
  let name = "";
  if (metadata.name && metadata.name !== info.name) {
    name = info.name;
    const why = "must match the service account name";
    errors.push(invalid("metadata.name", metadata.name, why));
  }
  if (metadata.namespace && metadata.namespace !== info.namespace) {
    name = info.name;
    const why = "must match the service account namespace";
    errors.push(invalid("metadata.namespace", metadata.namespace, why));
  }
  const seconds = spec.expirationSeconds;
  const at = "spec.expirationSeconds";
  if (seconds != null && seconds < secondsMin) {
    errors.push(invalid(at, seconds, "may not specify a duration less than 10 minutes"));
  }
  if (seconds != null && seconds > secondsMax) {
    errors.push(invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"));
  }
  if (errors.length > 0) throw invalidObject(gvk, name, errors);
}

/** What the token shall live and die with, and the node of a bound pod. */
function boundTo(
  reader: ObjectReader,
  namespace: string,
  { boundObjectRef }: TokenRequest["spec"],
) {
  if (!boundObjectRef) return undefined;
  const { kind, apiVersion, name = "", uid: wanted } = boundObjectRef;
  const type = apiVersion === "v1" || apiVersion === undefined ? kind : "";
  let found: Pick<KubeObject, "metadata"> | undefined;
  let resource: string;
  let node: { name: string; uid: string } | undefined;
  if (type === "Pod") {
    resource = "pods";
    const pod = reader.get(pods, namespace, name);
    found = pod as Pick<KubeObject, "metadata"> | undefined;
    const onNode = pod?.spec.nodeName;
    const uid = onNode ? (reader.get(nodes, "", onNode)?.metadata.uid ?? "") : "";
    node = onNode ? { name: onNode, uid } : undefined;
  } else if (type === "Secret") {
    resource = "secrets";
    found = reader.get(secrets, namespace, name) as Pick<KubeObject, "metadata"> | undefined;
  } else if (type === "Node") {
    resource = "nodes";
    found = reader.get(nodes, "", name) as Pick<KubeObject, "metadata"> | undefined;
  } else {
    const what = `${apiVersion ?? ""}, Kind=${kind ?? ""}`;
    throw badRequest(`cannot bind token to object of type ${what}`);
  }
  if (!found) throw notFound({ group: "", resource }, name);
  const uid = found.metadata.uid ?? "";
  if (wanted && wanted !== uid) {
    const why = `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", resource: type }, name, why);
  }
  const reference: BoundReference = { kind: type, name, uid };
  return { reference, node };
}
