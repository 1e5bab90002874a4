import type { UserInfo } from "#machinery/strategy.ts";
import type { ApiRequest } from "../request.ts";

/** Who a credential stands for. */
export interface Authenticated {
  user: UserInfo;
  /** Audiences the credential is good for; undefined: those of the API server. */
  audiences?: readonly string[];
}

/**
 * One way of knowing who asks. Undefined: the request carries no credential of this kind, ask the
 * next one. Throws `unauthorized()` for a credential of this kind that is bad.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(request: ApiRequest): Promise<Authenticated | undefined>;
}

/** One kind of bearer token; also asked by TokenReview. */
export interface TokenAuthenticator {
  readonly name: string;
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): Promise<Authenticated | undefined>;
}
