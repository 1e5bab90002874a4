import { expect, test } from "vitest";
import { requestWith } from "../testkit.ts";
import type { TokenAuthenticator } from "./authenticator.ts";
import { bearerTokens } from "./bearer-token.ts";

const audiences = ["api"];
const asked: [string, readonly string[]][] = [];
const good: TokenAuthenticator = {
  name: "good",
  async authenticateToken(token, wanted) {
    asked.push([token, wanted]);
    return token === "secret" ? { user: { name: "ann", groups: [] } } : undefined;
  },
};
const tokens = bearerTokens([good], audiences);
const ask = (headers: Record<string, string>) => tokens.authenticate(requestWith({ headers }));
const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from("secret").toString("base64url")}`;

test.each([
  { authorization: "Bearer secret" },
  { authorization: "bearer   secret " },
  { "sec-websocket-protocol": `v5.channel.k8s.io, ${protocol}` },
])("knows the token in %j", async (headers) => {
  expect((await ask(headers as Record<string, string>))?.user.name).toBe("ann");
  expect(asked.at(-1)).toEqual(["secret", audiences]);
});

test.each([{}, { authorization: "Basic c2VjcmV0" }, { "sec-websocket-protocol": "v5.channel" }])(
  "finds no token in %j",
  async (headers) => {
    expect(await ask(headers as Record<string, string>)).toBeUndefined();
  },
);

test.each(["wrong", "x".repeat(16 * 1024 + 1)])(
  "refuses a token that nobody knows",
  async (token) => {
    await expect(ask({ authorization: `Bearer ${token}` })).rejects.toMatchObject({
      reason: "Unauthorized",
    });
  },
);
