import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { StrategyContext, UserInfo } from "#machinery/strategy.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { ApiRequest, RequestInfo } from "../request.ts";
import type { ResponseHeaders } from "../response.ts";
import type { AdmissionChain } from "./admission-chain.ts";
import type { Served } from "./served.ts";
import type { ObjectStorage } from "./storage.ts";
import type { WriteHook } from "./write-hook.ts";

/** A request for a resource, read from its path. */
export type ResourceRequestInfo = Extract<RequestInfo, { isResource: true }>;

/** What every handler works with. */
export interface ServerContext {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Logger;
  readonly storage: ObjectStorage;
  readonly admission: AdmissionChain;
  readonly authorizer: Authorizer;
  /** By `group/plural`: what has to be allocated for objects of a resource. */
  readonly hooks: ReadonlyMap<string, WriteHook>;
  readonly allowPrivileged: boolean;
}

/** One request on its way through the handlers of its resource. */
export interface ResourceContext {
  readonly server: ServerContext;
  readonly request: ApiRequest;
  readonly info: ResourceRequestInfo;
  readonly user: UserInfo;
  readonly served: Served;
  /** Texts for `Warning` headers. */
  readonly warnings: string[];
}

/** What has to be allocated for objects of the request's resource, when it is not a subresource. */
export function hookOf({ server, served, info }: ResourceContext): WriteHook | undefined {
  if (server.hooks.size === 0 || info.subresource !== "") return undefined;
  return server.hooks.get(`${served.resource.group}/${served.resource.plural}`);
}

/** What the strategy of the resource may know of the request. */
export function strategyContext(context: ResourceContext, dryRun: boolean): StrategyContext {
  const { server, user } = context;
  const { clock, chance, allowPrivileged } = server;
  return { clock, chance, user, dryRun, allowPrivileged };
}

const warningBytesMax = 4 * 1024;
const warningsMax = 256;

/** The headers that go with every answer of a resource. */
export function answerHeaders(warnings: readonly string[]): ResponseHeaders {
  if (warnings.length === 0) return {};
  const texts = [...new Set(warnings)].slice(0, warningsMax).map((text) => {
    const clean = text.replaceAll(/\p{Cc}+/gu, " ").slice(0, warningBytesMax);
    return `299 - "${clean.replaceAll(/["\\]/g, "\\$&")}"`;
  });
  return { warning: texts };
}
