import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { ApiError } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { Authenticator } from "./authentication/authenticator.ts";
import { authenticate } from "./authentication/chain.ts";
import type { Authorizer } from "./authorization/authorizer.ts";
import { authorize } from "./authorize.ts";
import { contentTypes, negotiate } from "./negotiate.ts";
import { answerHeaders } from "./rest/context.ts";
import { encodePlain } from "./rest/protobuf-representation.ts";
import type { RequestGate } from "./request-gate.ts";
import { impersonate } from "./impersonation.ts";
import { requestInfo } from "./request-info.ts";
import type { ApiRequest, RequestInfo } from "./request.ts";
import { type ApiResponse, bytesResponse, type ResponseHeaders } from "./response.ts";

/** A request that may be handled: who asks for what. */
export interface AllowedRequest {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly warnings: string[];
}

/** Told about every request and its answer. */
export interface Observer {
  /** `startedMs` is of the monotonic clock. */
  answered(
    request: ApiRequest,
    info: RequestInfo | undefined,
    status: number,
    startedMs: number,
  ): void;
}

/** The stages of the pipeline, as they were configured. */
export interface PipelineStages {
  readonly clock: Clock;
  readonly log: Logger;
  readonly authenticators: readonly Authenticator[];
  /** Whether requests without a credential are let on, as `system:anonymous`. */
  readonly anonymous: boolean;
  readonly gate: RequestGate;
  readonly authorizer: Authorizer;
  readonly observers: readonly Observer[];
  /** Routes to the handler of a path or resource. */
  readonly handler: (allowed: AllowedRequest) => ApiResponse | Promise<ApiResponse>;
}

/**
 * The way of every request, in order: what is asked → who asks → is there room → in whose name →
 * may they → do it. Whatever is thrown on the way becomes a Status here and nowhere else.
 */
export function pipeline(stages: PipelineStages): (request: ApiRequest) => Promise<ApiResponse> {
  const { clock, authenticators, anonymous, gate, authorizer, handler } = stages;
  return async function handle(request) {
    const startedMs = clock.monotonic();
    let info: RequestInfo | undefined;
    let response: ApiResponse;
    const warnings: string[] = [];
    try {
      info = requestInfo(request.method, request.path, request.query);
      const user =
        request.user ?? (await authenticate(authenticators, request, { anonymous })).user;
      using _ = gate.enter(info);
      const actor = await impersonate(request, user, authorizer);
      const decision = authorize(authorizer, info, actor);
      if (decision) await decision;
      response = await handler({ request, info, user: actor, warnings });
    } catch (thrown) {
      response = failure(stages, request, thrown, warnings);
    }
    for (const observer of stages.observers) {
      observer.answered(request, info, response.status, startedMs);
    }
    return response;
  };
}

/** The one place where something thrown becomes an answer. */
function failure(
  { log }: PipelineStages,
  request: ApiRequest,
  thrown: unknown,
  warnings: readonly string[],
): ApiResponse {
  const error = ApiError.from(thrown);
  if (error.cause !== undefined) {
    const { method, path } = request;
    log.error("request failed", { method, path, error: error.cause });
  }
  const status = error.toStatus();
  const headers: ResponseHeaders = answerHeaders(warnings);
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  if (request.wantsObjects === true) {
    return { status: error.code, headers, body: { kind: "object", object: status } };
  }
  if (acceptsProtobuf(request)) {
    return bytesResponse(error.code, contentTypes.protobuf, encodePlain(status), headers);
  }
  const bytes = Buffer.from(`${JSON.stringify(status)}\n`);
  return bytesResponse(error.code, contentTypes.json, bytes, headers);
}

/** Failures come in the form that was asked for, if they can. */
function acceptsProtobuf({ headers }: ApiRequest): boolean {
  const { accept } = headers;
  if (typeof accept !== "string" || !accept.startsWith(contentTypes.protobuf)) return false;
  try {
    return negotiate(accept, "object").media === "protobuf";
  } catch {
    return false;
  }
}
