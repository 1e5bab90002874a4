import { expect, test } from "vitest";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";
import { alwaysAllow, alwaysDeny, authorizerChain, privilegedGroup } from "./chain.ts";

const asked: AuthorizationAttributes = {
  user: { name: "ann", groups: ["dev"] },
  verb: "get",
  isResource: false,
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path: "/healthz",
};
const mode = (decision: Decision["decision"], reason: string): Authorizer => ({
  name: reason,
  authorize: () => ({ decision, reason }),
});
const later = (decision: Decision["decision"], reason: string): Authorizer => ({
  name: reason,
  authorize: async () => ({ decision, reason }),
});
const none = mode("noOpinion", "");

test.each([
  ["the first that allows decides", [none, mode("allow", "a"), mode("deny", "b")], "allow", "a"],
  ["the first that denies decides", [none, mode("deny", "b"), mode("allow", "a")], "deny", "b"],
  ["a slow mode decides", [none, later("deny", "b"), mode("allow", "a")], "deny", "b"],
  [
    "reasons add up",
    [mode("noOpinion", "x"), none, later("noOpinion", "y"), mode("noOpinion", "z")],
    "noOpinion",
    "x, y, z",
  ],
  ["no modes have no opinion", [], "noOpinion", ""],
  ["AlwaysAllow", [none, alwaysAllow, mode("deny", "b")], "allow", ""],
  ["AlwaysDeny", [alwaysDeny], "noOpinion", "Everything is forbidden."],
] as [string, Authorizer[], string, string][])("%s", async (_what, modes, decision, reason) => {
  expect(await authorizerChain(modes).authorize(asked)).toEqual({ decision, reason });
});

test("modes that answer at once are answered at once", () => {
  expect(authorizerChain([none, mode("allow", "a")]).authorize(asked)).not.toBeInstanceOf(Promise);
});

test("members of system:masters may do everything", async () => {
  const masters = { ...asked, user: { name: "root", groups: ["system:masters"] } };
  const chain = authorizerChain([privilegedGroup, mode("deny", "no")]);
  expect(await chain.authorize(masters)).toMatchObject({ decision: "allow" });
  expect(await chain.authorize(asked)).toMatchObject({ decision: "deny" });
});
