import { unauthorized } from "#machinery/errors.ts";
import type { ApiRequest } from "../request.ts";
import type { Authenticator, TokenAuthenticator } from "./authenticator.ts";

/** The WebSocket sub-protocol by which browsers, who cannot set headers, hand over a token. */
const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** A token longer than this is nobody's. */
const tokenBytesMax = 16 * 1024;

/** Bearer tokens, asked of each kind of token in order. */
export function bearerTokens(
  kinds: readonly TokenAuthenticator[],
  apiAudiences: readonly string[],
): Authenticator {
  return {
    name: "bearer",
    async authenticate(request) {
      const token = tokenOf(request);
      if (token === undefined) return undefined;
      if (token.length > tokenBytesMax) throw unauthorized();
      for (const kind of kinds) {
        const found = await kind.authenticateToken(token, apiAudiences);
        if (found) return found;
      }
      throw unauthorized();
    },
  };
}

function tokenOf({ headers }: ApiRequest): string | undefined {
  const { authorization } = headers;
  if (typeof authorization === "string") {
    const match = /^\s*bearer\s+(\S+)\s*$/i.exec(authorization);
    if (match) return match[1];
  }
  const protocols = headers["sec-websocket-protocol"];
  if (typeof protocols !== "string") return undefined;
  const carrier = protocols
    .split(",")
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(protocolPrefix));
  if (carrier === undefined) return undefined;
  return Buffer.from(carrier.slice(protocolPrefix.length), "base64url").toString();
}
