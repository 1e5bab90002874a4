import { timingSafeEqual } from "node:crypto";
import type { Clock } from "#base/clock.ts";
import { secrets } from "#apis/core/secret.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { TokenAuthenticator } from "./authenticator.ts";

const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const secretType = "bootstrap.kubernetes.io/token";
const bootstrapGroup = "system:bootstrappers";

/**
 * Bootstrap tokens `id.secret`, kept as Secrets `bootstrap-token-<id>` in kube-system; nodes join
 * with them. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export function bootstrapTokens(
  reader: ObjectReader,
  clock: Pick<Clock, "now">,
): TokenAuthenticator {
  return {
    name: "bootstrap-token",
    async authenticateToken(token) {
      const match = tokenPattern.exec(token);
      if (!match) return undefined;
      const [, id, secretPart] = match;
      const secret = reader.get(secrets, "kube-system", `bootstrap-token-${id}`);
      if (secret?.type !== secretType || secret.metadata.deletionTimestamp) return undefined;
      const text = (key: string) => Buffer.from(secret.data?.[key] ?? "", "base64").toString();
      const kept = Buffer.from(text("token-secret"));
      const given = Buffer.from(secretPart!);
      if (kept.length !== given.length || !timingSafeEqual(kept, given)) return undefined;
      if (text("token-id") !== id || text("usage-bootstrap-authentication") !== "true") {
        return undefined;
      }
      const expiration = text("expiration");
      if (expiration !== "" && !(Date.parse(expiration) > clock.now())) return undefined;
      const more = text("auth-extra-groups").split(",");
      const groups = more.filter((group) => group.startsWith(`${bootstrapGroup}:`));
      return { user: { name: `system:bootstrap:${id}`, groups: [bootstrapGroup, ...groups] } };
    },
  };
}
