/**
 * Who may ask the kubelet for what. A path is a subresource of the node: whoever may use the fine one
 * (KEP-2862) or `nodes/proxy` gets in.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Clock } from "#base/clock.ts";
import { KeptAnswers } from "./kept-answers.ts";
import type { KubeletServerOptions, ServerUser } from "./server.ts";

const tokenKeptMs = 2 * 60_000;
const yesKeptMs = 5 * 60_000;
const noKeptMs = 30_000;
const answersMax = 1_000;

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Paths that have a subresource of their own; some are also part of `proxy`. */
const fine: readonly (readonly [path: string, subresources: readonly string[]])[] = [
  ["/stats", ["stats"]],
  ["/metrics", ["metrics"]],
  ["/logs", ["log"]],
  ["/checkpoint", ["checkpoint"]],
  ["/pods", ["pods", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
];

/** What runs something in a container changes something, whichever method starts it. */
const commands = /^\/(exec|attach|run|portForward)(\/|$)/;

/** The verb, and the subresources of which any one is enough. */
export function accessOf(method: string, path: string): { verb: string; subresources: string[] } {
  const verb = commands.test(path) ? "create" : (verbs[method] ?? "");
  const found = fine.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return { verb, subresources: [...(found?.[1] ?? ["proxy"])] };
}

/** Open to everybody: says nothing but that the kubelet lives. */
export function isOpen(path: string): boolean {
  return path === "/healthz" || path.startsWith("/healthz/");
}

export type Verdict =
  | { readonly allowed: true; readonly user: ServerUser }
  | { readonly allowed: false; readonly status: 401 | 403; readonly text: string };

/** Decides about requests. Rejects when it cannot be found out who asks or what they may. */
export type Gate = (req: IncomingMessage, path: string) => Promise<Verdict>;

export function createGate(
  { authenticate, authorize }: Pick<KubeletServerOptions, "authenticate" | "authorize">,
  clock: Clock,
): Gate {
  const users = new KeptAnswers<ServerUser | undefined>({
    clock,
    keepMs: (user) => (user ? tokenKeptMs : noKeptMs),
    entriesMax: answersMax,
  });
  const decisions = new KeptAnswers<boolean>({
    clock,
    keepMs: (allowed) => (allowed ? yesKeptMs : noKeptMs),
    entriesMax: answersMax,
  });
  async function userOf(req: IncomingMessage): Promise<ServerUser | undefined> {
    const byCertificate = certificateUser(req.socket as TLSSocket);
    if (byCertificate) return byCertificate;
    const token = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? "")?.[1];
    if (token === undefined || !authenticate) return undefined;
    // Kept by digest: tokens are not left lying about in memory.
    const key = createHash("sha256").update(token).digest("base64");
    return users.get(key, () => authenticate(token));
  }
  return async (req, path) => {
    const user = await userOf(req);
    if (!user) return { allowed: false, status: 401, text: "Unauthorized" };
    const { verb, subresources } = accessOf(req.method ?? "GET", path);
    for (const subresource of subresources) {
      const key = JSON.stringify([user, verb, subresource]);
      if (await decisions.get(key, () => authorize({ user, verb, subresource }))) {
        return { allowed: true, user };
      }
    }
    const list = `[${subresources.join(" ")}]`;
    const what = `user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=${list}`;
    return { allowed: false, status: 403, text: `Forbidden (${what})\n` };
  };
}

/** The holder of a client certificate that the cluster's authority signed. */
function certificateUser(socket: TLSSocket): ServerUser | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const [name] = [subject?.CN ?? []].flat();
  if (name === undefined) return undefined;
  return { name, groups: [...[subject.O ?? []].flat(), "system:authenticated"] };
}
