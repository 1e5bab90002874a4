/** Asks the API server who somebody is and what they may do, as kubelets do. */
import { tokenReviews } from "#apis/authentication/token-review.ts";
import { subjectAccessReviews } from "#apis/authorization/subject-access-review.ts";
import type { Client } from "#client/client.ts";
import type { KubeletServerOptions } from "./server.ts";

type Reviews = Required<Pick<KubeletServerOptions, "authenticate" | "authorize">>;

/** Authentication by TokenReview, authorization by SubjectAccessReview about the node `nodeName`. */
export function apiReviews(client: Client, nodeName: string): Reviews {
  return {
    async authenticate(token) {
      const { status } = await client.create(tokenReviews, { metadata: {}, spec: { token } });
      const { authenticated, user } = status ?? {};
      if (!authenticated || !user?.username) return undefined;
      const { username: name, uid, groups = [], extra } = user;
      return { name, groups, ...(uid && { uid }), ...(extra && { extra: { ...extra } }) };
    },
    async authorize({ user, verb, subresource }) {
      const { status } = await client.create(subjectAccessReviews, {
        metadata: {},
        spec: {
          user: user.name,
          groups: [...user.groups],
          ...(user.uid && { uid: user.uid }),
          ...(user.extra && { extra: mutable(user.extra) }),
          resourceAttributes: {
            verb,
            version: "v1",
            resource: "nodes",
            subresource,
            name: nodeName,
          },
        },
      });
      return status?.allowed === true;
    },
  };
}

function mutable(extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, [...values]]));
}
