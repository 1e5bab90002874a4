import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";

/** The authorization modes, asked in order: the first that allows or denies decides. */
export function authorizerChain(modes: readonly Authorizer[]): Authorizer {
  return {
    name: "chain",
    authorize: (asked) => askFrom(modes, 0, asked, []),
  };
}

/** Stays synchronous as long as the modes do: this runs for every request. */
function askFrom(
  modes: readonly Authorizer[],
  from: number,
  asked: AuthorizationAttributes,
  reasons: readonly string[],
): Decision | Promise<Decision> {
  let told = reasons;
  for (let index = from; index < modes.length; index++) {
    const answer = modes[index]!.authorize(asked);
    if (answer instanceof Promise) {
      return answer.then((decision) => {
        if (decision.decision !== "noOpinion") return decision;
        return askFrom(modes, index + 1, asked, added(told, decision.reason));
      });
    }
    if (answer.decision !== "noOpinion") return answer;
    told = added(told, answer.reason);
  }
  return { decision: "noOpinion", reason: told.join(", ") };
}

function added(reasons: readonly string[], reason: string): readonly string[] {
  return reason === "" ? reasons : [...reasons, reason];
}

/** Members of `system:masters` may do everything, whatever the modes say. */
export const privilegedGroup: Authorizer = {
  name: "PrivilegedGroup",
  authorize({ user }) {
    const allowed = user.groups.includes("system:masters");
    return { decision: allowed ? "allow" : "noOpinion", reason: "" };
  },
};

/** `--authorization-mode=AlwaysAllow`. */
export const alwaysAllow: Authorizer = {
  name: "AlwaysAllow",
  authorize: () => ({ decision: "allow", reason: "" }),
};

/** `--authorization-mode=AlwaysDeny`. */
export const alwaysDeny: Authorizer = {
  name: "AlwaysDeny",
  authorize: () => ({ decision: "noOpinion", reason: "Everything is forbidden." }),
};
