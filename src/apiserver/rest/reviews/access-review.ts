import type { LocalSubjectAccessReview } from "#apis/authorization/local-subject-access-review.ts";
import type { SelfSubjectAccessReview } from "#apis/authorization/self-subject-access-review.ts";
import type { SubjectAccessReview } from "#apis/authorization/subject-access-review.ts";
import { badRequest } from "#machinery/errors.ts";
import { type FieldError, invalid, invalidObject } from "#machinery/field-error.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { AuthorizationAttributes, Authorizer } from "#apiserver/authorization/authorizer.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain } from "../answer.ts";
import type { ResourceContext } from "../context.ts";
import { readReview } from "./read-review.ts";

type Review = SubjectAccessReview | SelfSubjectAccessReview | LocalSubjectAccessReview;
type Spec = SubjectAccessReview["spec"];

/** POST of a SubjectAccessReview, or of the kinds that ask about oneself or one namespace. */
export async function reviewAccess(
  context: ResourceContext,
  authorizer: Authorizer,
): Promise<ApiResponse> {
  const { as, object: read } = await readReview(context);
  const object = read as Review;
  const isSelf = object.kind === "SelfSubjectAccessReview";
  const isLocal = object.kind === "LocalSubjectAccessReview";
  const spec: Spec = object.spec;
  const errors = checkSpec(spec, isSelf);
  if (isLocal) errors.push(...checkLocal(context, spec));
  if (hasMetadata(object)) errors.push(invalid("metadata", object.metadata, "must be empty"));
  if (errors.length > 0) {
    throw invalidObject({ group: "authorization.k8s.io", kind: "" }, "", errors);
  }
  if (isLocal) {
    const { namespace } = context.info;
    if (object.metadata.namespace && object.metadata.namespace !== namespace) {
      throw badRequest(
        "the namespace of the review does not match the namespace sent on the request",
      );
    }
    object.metadata.namespace = namespace;
  }
  const user = isSelf ? context.user : subjectOf(spec);
  const decision = await authorizer.authorize(asked(spec, user));
  const allowed = decision.decision === "allow";
  object.status = {
    allowed,
    ...(decision.decision === "deny" ? { denied: true } : {}),
    ...(decision.reason === "" ? {} : { reason: decision.reason }),
  };
  return answerPlain(context, as, 201, object);
}

/** Reviews are named by nobody; a namespace is allowed, it says where. */
function hasMetadata({ metadata }: Review): boolean {
  return Object.entries(metadata).some(
    ([field, value]) => field !== "namespace" && field !== "managedFields" && value != null,
  );
}

function checkSpec(spec: Spec, isSelf: boolean): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  const errors: FieldError[] = [];
  if (resource && path) {
    const why = "cannot be specified in combination with resourceAttributes";
    errors.push(invalid("spec.nonResourceAttributes", path, why));
  }
  if (!resource && !path) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalid("spec.resourceAttributes", null, why));
  }
  if (!isSelf && !spec.user && !spec.groups?.length) {
    errors.push(invalid("spec.user", "", "at least one of user or group must be specified"));
  }
  return errors;
}

function checkLocal({ info }: ResourceContext, spec: Spec): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = spec.resourceAttributes?.namespace ?? "";
  if (spec.nonResourceAttributes) {
    const why = "disallowed on this kind of request";
    errors.push(invalid("spec.nonResourceAttributes", spec.nonResourceAttributes, why));
  } else if (spec.resourceAttributes && namespace !== info.namespace) {
    const why = "must match metadata.namespace";
    errors.push(invalid("spec.resourceAttributes.namespace", namespace, why));
  }
  return errors;
}

function subjectOf({ user = "", groups, uid, extra }: Spec): UserInfo {
  return {
    name: user,
    groups: groups ?? [],
    ...(uid ? { uid } : {}),
    ...(extra ? { extra } : {}),
  };
}

/** A review's question as the authorizer knows it. */
export function asked(spec: Spec, user: UserInfo): AuthorizationAttributes {
  const { resourceAttributes: r, nonResourceAttributes: n } = spec;
  return {
    user,
    verb: r?.verb ?? n?.verb ?? "",
    isResource: r !== undefined,
    group: r?.group ?? "",
    version: r?.version ?? "",
    resource: r?.resource ?? "",
    subresource: r?.subresource ?? "",
    namespace: r?.namespace ?? "",
    name: r?.name ?? "",
    path: n?.path ?? "",
    fieldSelector: r?.fieldSelector?.rawSelector ?? "",
    labelSelector: r?.labelSelector?.rawSelector ?? "",
  };
}
