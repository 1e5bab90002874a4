import { rfc3339 } from "#base/clock.ts";
import type { SelfSubjectReview } from "#apis/authentication/self-subject-review.ts";
import type { SelfSubjectRulesReview } from "#apis/authorization/self-subject-rules-review.ts";
import type { PolicyRule } from "#apis/rbac/policy-rule.ts";
import { badRequest } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain } from "../answer.ts";
import type { ResourceContext } from "../context.ts";
import { readReview } from "./read-review.ts";
import { userInfoOf } from "./user-info.ts";

/** Knows every rule that a user has. */
export interface RuleSource {
  rulesFor(user: UserInfo, namespace: string): readonly DeepReadonly<PolicyRule>[];
}

/** POST of a SelfSubjectReview: who am I? */
export async function reviewSelf(context: ResourceContext): Promise<ApiResponse> {
  const { as, object: read } = await readReview(context);
  const object = read as SelfSubjectReview;
  object.metadata.creationTimestamp = rfc3339(context.server.clock.now());
  object.status = { userInfo: userInfoOf(context.user) };
  return answerPlain(context, as, 201, object);
}

/** POST of a SelfSubjectRulesReview: what may I do in this namespace? */
export async function reviewSelfRules(
  context: ResourceContext,
  source: RuleSource | undefined,
): Promise<ApiResponse> {
  const { as, object: read } = await readReview(context);
  const object = read as SelfSubjectRulesReview;
  const namespace = object.spec.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const rules = source?.rulesFor(context.user, namespace) ?? [];
  const everything = context.user.groups.includes("system:masters");
  object.status = {
    resourceRules: [
      ...(everything && !source ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] : []),
      ...rules.filter((rule) => rule.resources?.length).map(resourceRule),
    ],
    nonResourceRules: [
      ...(everything && !source ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : []),
      ...rules.filter((rule) => rule.nonResourceURLs?.length).map(pathRule),
    ],
    incomplete: source === undefined,
  };
  return answerPlain(context, as, 201, object);
}

type Rule = DeepReadonly<PolicyRule>;

function resourceRule({ verbs, apiGroups, resources, resourceNames }: Rule) {
  return {
    verbs: [...(verbs ?? [])],
    apiGroups: [...(apiGroups ?? [])],
    resources: [...(resources ?? [])],
    ...(resourceNames?.length ? { resourceNames: [...resourceNames] } : {}),
  };
}

function pathRule({ verbs, nonResourceURLs }: Rule) {
  return { verbs: [...(verbs ?? [])], nonResourceURLs: [...(nonResourceURLs ?? [])] };
}
