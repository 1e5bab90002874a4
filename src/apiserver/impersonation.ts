import { ApiError } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorization/authorizer.ts";
import { denial } from "./authorize.ts";
import type { ApiRequest, Headers } from "./request.ts";

const userHeader = "impersonate-user";
const groupHeader = "impersonate-group";
const uidHeader = "impersonate-uid";
const extraPrefix = "impersonate-extra-";

/** In whose name the request is made: the user's own, or that of whom the headers name. */
export function impersonate(
  { headers }: ApiRequest,
  user: UserInfo,
  authorizer: Authorizer,
): UserInfo | Promise<UserInfo> {
  const name = one(headers[userHeader]);
  if (name === undefined) {
    // Group, uid and extra mean nothing without a user.
    if (
      headers[groupHeader] !== undefined ||
      headers[uidHeader] !== undefined ||
      hasExtra(headers)
    ) {
      const what = "requested [] without impersonating a user";
      throw new ApiError("InternalError", `Internal error occurred: ${what}`);
    }
    return user;
  }
  return become(headers, name, user, authorizer);
}

async function become(
  headers: Headers,
  name: string,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo> {
  const groups = list(headers[groupHeader]);
  const uid = one(headers[uidHeader]);
  const extra = extraOf(headers);
  for (const asked of questions(name, groups, uid, extra)) {
    const attributes = { ...base(user), ...asked };
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "allow") throw denial(attributes, reason);
  }
  return {
    name,
    groups: impliedGroups(name, groups),
    ...(uid === undefined ? {} : { uid }),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

function base(user: UserInfo): AuthorizationAttributes {
  return {
    user, verb: "impersonate", isResource: true, group: "", version: "v1", resource: "users",
    subresource: "", namespace: "", name: "", path: "",
  }; // prettier-ignore
}

/** Every right that is needed to become that user. */
function questions(
  name: string,
  groups: readonly string[],
  uid: string | undefined,
  extra: ReadonlyMap<string, readonly string[]>,
): Partial<AuthorizationAttributes>[] {
  const account = serviceAccount(name);
  const asked: Partial<AuthorizationAttributes>[] = [
    account ? { resource: "serviceaccounts", ...account } : { resource: "users", name },
    ...groups.map((group) => ({ resource: "groups", name: group })),
  ];
  const authentication = { group: "authentication.k8s.io" };
  if (uid !== undefined) asked.push({ ...authentication, resource: "uids", name: uid });
  for (const [key, values] of extra) {
    for (const value of values) {
      asked.push({ ...authentication, resource: "userextras", subresource: key, name: value });
    }
  }
  return asked;
}

function serviceAccount(name: string): { namespace: string; name: string } | undefined {
  const [system, kind, namespace, account, ...more] = name.split(":");
  if (system !== "system" || kind !== "serviceaccount" || more.length > 0) return undefined;
  return namespace && account ? { namespace, name: account } : undefined;
}

function impliedGroups(name: string, groups: readonly string[]): string[] {
  const account = serviceAccount(name);
  const own =
    groups.length === 0 && account
      ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`]
      : [...groups];
  const known = name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  return own.includes(known) ? own : [...own, known];
}

function extraOf(headers: Headers): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix) || value === undefined) continue;
    extra.set(decodeURIComponent(header.slice(extraPrefix.length)), list(value));
  }
  return extra;
}

function hasExtra(headers: Headers): boolean {
  for (const header in headers) if (header.startsWith(extraPrefix)) return true;
  return false;
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value || undefined;
}

/** Node joins headers that come more than once with a comma and a space. */
function list(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : value.split(", ");
}
