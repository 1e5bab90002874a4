import { componentStatuses } from "#apis/core/component-status.ts";
import { rfc3339 } from "#base/clock.ts";
import { notFound } from "#machinery/errors.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { TokenAuthenticator } from "../authentication/authenticator.ts";
import type { TokenIssuer } from "../authentication/service-account-token.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { ApiResponse } from "../response.ts";
import type { Router } from "../router.ts";
import { CachedObject, encodeStored } from "../watch-cache/cached-object.ts";
import { answerList, answerObject, representation } from "./answer.ts";
import type { ResourceContext } from "./context.ts";
import { reviewAccess } from "./reviews/access-review.ts";
import { reviewSelf, reviewSelfRules, type RuleSource } from "./reviews/self-reviews.ts";
import { reviewToken } from "./reviews/token-review.ts";
import type { Served, ServedStorage } from "./served.ts";
import { wrongMethod } from "./wrong-method.ts";
import { bindPod } from "./subresources/binding.ts";
import { evictPod } from "./subresources/eviction.ts";
import { handleScale } from "./subresources/scale.ts";
import { requestToken } from "./subresources/token-request.ts";

/** What the special handlers need beside the server's context. */
export interface SpecialParts {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  readonly tokenAuthenticators: readonly TokenAuthenticator[];
  /** Undefined: tokens cannot be requested. */
  readonly tokenIssuer: TokenIssuer | undefined;
  readonly rules: RuleSource | undefined;
}

const scalable = [
  "/replicationcontrollers",
  "apps/deployments",
  "apps/replicasets",
  "apps/statefulsets",
];

/** Registers everything that is not plain create, read, update and delete. */
export function installSpecials(router: Router, parts: SpecialParts): void {
  const { reader, authorizer, tokenAuthenticators, tokenIssuer, rules } = parts;
  const apiAudiences = tokenIssuer ? [tokenIssuer.issuer] : [];
  const pods = stored(router, "", "pods");
  const budgets = stored(router, "policy", "poddisruptionbudgets");
  for (const name of scalable) {
    router.subresource(`${name}/scale`, (context) =>
      only(["get", "update", "patch"], context, handleScale),
    );
  }
  router.virtual("/bindings", (context) => bindPod(context, pods.served, pods.storage));
  router.subresource("/pods/binding", (context) =>
    only(["create"], context, () => bindPod(context, pods.served, pods.storage)),
  );
  router.subresource("/pods/eviction", (context) =>
    only(["create"], context, (_, storage) => evictPod(context, storage, budgets)),
  );
  if (tokenIssuer) {
    const options = { issuer: tokenIssuer, audiences: apiAudiences, reader };
    router.subresource("/serviceaccounts/token", (context) =>
      only(["create"], context, (_, storage) => requestToken(context, storage, options)),
    );
  }
  const authorization = "authorization.k8s.io";
  for (const plural of [
    "subjectaccessreviews",
    "selfsubjectaccessreviews",
    "localsubjectaccessreviews",
  ]) {
    router.virtual(`${authorization}/${plural}`, (context) => reviewAccess(context, authorizer));
  }
  router.virtual(`${authorization}/selfsubjectrulesreviews`, (context) =>
    reviewSelfRules(context, rules),
  );
  router.virtual("authentication.k8s.io/selfsubjectreviews", reviewSelf);
  router.virtual("authentication.k8s.io/tokenreviews", (context) =>
    reviewToken(context, tokenAuthenticators, apiAudiences),
  );
  router.virtual("/componentstatuses", componentStatus);
}

type StoredHandler = (
  context: ResourceContext,
  storage: ServedStorage,
) => ApiResponse | Promise<ApiResponse>;

function only(
  verbs: readonly string[],
  context: ResourceContext,
  handler: StoredHandler,
): ApiResponse | Promise<ApiResponse> {
  const { info, served } = context;
  if (!verbs.includes(info.verb) || info.name === "" || !served.storage) {
    throw wrongMethod(info);
  }
  return handler(context, served.storage);
}

function stored(
  router: Router,
  group: string,
  plural: string,
): { served: Served; storage: ServedStorage } {
  for (const served of router.all()) {
    const { resource, storage } = served;
    if (resource.group === group && resource.plural === plural && storage)
      return { served, storage };
  }
  throw new Error(`${plural} are not served`);
}

/** The deprecated ComponentStatuses: the parts that run with the server are well. */
function componentStatus(context: ResourceContext): ApiResponse | Promise<ApiResponse> {
  const { info, server, served } = context;
  const creationTimestamp = rfc3339(server.clock.now());
  const items = ["controller-manager", "etcd-0", "scheduler"].map((name) => {
    const conditions = [{ type: "Healthy", status: "True", message: "ok" }];
    const { kind, apiVersion } = componentStatuses;
    const object = { kind, apiVersion, metadata: { name, creationTimestamp }, conditions };
    return CachedObject.dryRun(name, served.shape, encodeStored(served.shape, object), object);
  });
  context.warnings.push("v1 ComponentStatus is deprecated in v1.19+");
  if (info.verb === "list") return answerList(context, representation(context, "list"), {}, items);
  const as = representation(context, "object");
  const found = items.find(({ name }) => name === info.name);
  if (!found) throw notFound({ group: "", resource: "componentstatuses" }, info.name);
  return answerObject(context, as, 200, found);
}
