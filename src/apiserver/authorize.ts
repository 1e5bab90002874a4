import { ApiError, forbidden } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorization/authorizer.ts";
import type { RequestInfo } from "./request.ts";

/** What is to be decided about a request. */
export function attributesOf(info: RequestInfo, user: UserInfo): AuthorizationAttributes {
  if (!info.isResource) {
    const none = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
    return { user, verb: info.verb, isResource: false, path: info.path, ...none };
  }
  const { verb, group, version, resource, subresource, namespace, name, path } = info;
  const { fieldSelector, labelSelector } = info;
  return {
    user, verb, isResource: true, group, version, resource, subresource, namespace, name, path,
    fieldSelector, labelSelector,
  }; // prettier-ignore
}

/** Undefined (or a promise that resolves) when allowed. @throws Forbidden. */
export function authorize(
  authorizer: Authorizer,
  info: RequestInfo,
  user: UserInfo,
): Promise<void> | undefined {
  const attributes = attributesOf(info, user);
  const answer = authorizer.authorize(attributes);
  if (answer instanceof Promise) return answer.then((decision) => check(decision, attributes));
  check(answer, attributes);
  return undefined;
}

function check({ decision, reason }: Decision, attributes: AuthorizationAttributes): void {
  if (decision !== "allow") throw denial(attributes, reason);
}

/** The 403 in upstream's words. */
export function denial(attributes: AuthorizationAttributes, reason: string): ApiError {
  const { user, verb, group, resource, subresource, namespace, name } = attributes;
  const who = `User ${JSON.stringify(user.name)}`;
  const why = reason === "" ? "" : `: ${reason}`;
  if (!attributes.isResource) {
    const message = `forbidden: ${who} cannot ${verb} path ${JSON.stringify(attributes.path)}${why}`;
    return new ApiError("Forbidden", message, { details: {} });
  }
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where =
    namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const detail = `${who} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${why}`;
  return forbidden({ group, resource }, name, detail);
}
