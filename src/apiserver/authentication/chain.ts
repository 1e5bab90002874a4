import { ApiError, unauthorized } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { ApiRequest } from "../request.ts";
import type { Authenticated, Authenticator } from "./authenticator.ts";

/**
 * Who asks: the authenticators in order, the first that knows the credential decides. A bad
 * credential of one kind does not hide a good one of another, and nothing at all is anonymous.
 */

/** The user of requests without a credential. */
export const anonymous: UserInfo = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

const authenticatedGroup = "system:authenticated";

/**
 * The user behind `request`.
 * @throws ApiError Unauthorized for a bad credential, or for none where anonymous is not allowed.
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  request: ApiRequest,
  options: { anonymous: boolean },
): Promise<Authenticated> {
  let refused = false;
  for (const authenticator of authenticators) {
    try {
      const found = await authenticator.authenticate(request);
      if (found) return withAuthenticatedGroup(found);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== "Unauthorized") throw error;
      refused = true;
    }
  }
  if (refused || !options.anonymous) throw unauthorized();
  return { user: anonymous };
}

/** Every known user is in `system:authenticated`, as upstream's group adder sees to. */
export function withAuthenticatedGroup(found: Authenticated): Authenticated {
  const { user } = found;
  if (user.name === anonymous.name || user.groups.includes(authenticatedGroup)) return found;
  return { ...found, user: { ...user, groups: [...user.groups, authenticatedGroup] } };
}
