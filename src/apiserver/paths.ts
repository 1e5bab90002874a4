import type { TokenIssuer } from "./authentication/service-account-token.ts";
import { type ApiResponse, bytesResponse } from "./response.ts";
import type { PathHandler } from "./router.ts";
import { versionInfo } from "./version.ts";

function json(object: object, contentType = "application/json"): ApiResponse {
  return bytesResponse(200, contentType, Buffer.from(`${JSON.stringify(object, undefined, 2)}\n`));
}

/** Answers `/version`. */
export const versionHandler: PathHandler = ({ path }) =>
  path === "/version" || path === "/version/" ? json(versionInfo()) : undefined;

/** Answers with what others need to check service account tokens (OpenID Connect discovery). */
export function openIdHandler(issuer: TokenIssuer, serverAddress: () => string): PathHandler {
  return ({ path }) => {
    if (path === "/.well-known/openid-configuration") {
      return json({
        issuer: issuer.issuer,
        jwks_uri: `https://${serverAddress()}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
      });
    }
    if (path !== "/openid/v1/jwks") return undefined;
    return issuer.jwks().then((keys) => json(keys, "application/jwk-set+json"));
  };
}
