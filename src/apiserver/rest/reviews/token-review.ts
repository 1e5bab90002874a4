import type { TokenReview } from "#apis/authentication/token-review.ts";
import { ApiError, badRequest } from "#machinery/errors.ts";
import type { Authenticated, TokenAuthenticator } from "#apiserver/authentication/authenticator.ts";
import { withAuthenticatedGroup } from "#apiserver/authentication/chain.ts";
import type { ApiResponse } from "#apiserver/response.ts";
import { answerPlain } from "../answer.ts";
import type { ResourceContext } from "../context.ts";
import { readReview } from "./read-review.ts";
import { userInfoOf } from "./user-info.ts";

/** POST of a TokenReview: whose token is this? */
export async function reviewToken(
  context: ResourceContext,
  authenticators: readonly TokenAuthenticator[],
  apiAudiences: readonly string[],
): Promise<ApiResponse> {
  const { as, object: read } = await readReview(context);
  const object = read as TokenReview;
  const { token, audiences } = object.spec;
  if (!token) throw badRequest("token is required for TokenReview in authentication");
  const wanted = audiences?.length ? audiences : apiAudiences;
  const { found, error } = await whose(authenticators, token, wanted);
  if (found) {
    const { user, audiences: good = apiAudiences } = withAuthenticatedGroup(found);
    const common = good.filter((audience) => wanted.includes(audience));
    object.status = { authenticated: true, user: userInfoOf(user), audiences: common };
  } else object.status = { user: {}, ...(error === "" ? {} : { error }) };
  return answerPlain(context, as, 201, object);
}

async function whose(
  authenticators: readonly TokenAuthenticator[],
  token: string,
  audiences: readonly string[],
): Promise<{ found: Authenticated | undefined; error: string }> {
  let error = "";
  for (const authenticator of authenticators) {
    try {
      const found = await authenticator.authenticateToken(token, audiences);
      if (found) return { found, error: "" };
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      error = "invalid bearer token";
    }
  }
  return { found: undefined, error };
}
