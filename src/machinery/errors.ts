/**
 * Everything that goes wrong on the API's way out is a Kubernetes `Status`. `ApiError` is the one
 * error class; `statusOf` is the one door that turns whatever was thrown into a `Status`.
 * Codes and reasons: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */

/** Reasons of a failure and the HTTP code that each has by default. */
export const reasonCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;
export type Reason = keyof typeof reasonCodes;

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The wire form of an outcome, `kind: Status`. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, unknown>;
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/** Which resource an error is about: its group ("" is core) and plural name. */
export interface GroupResource {
  group: string;
  /** The plural resource name, such as `pods`. */
  resource: string;
}

/** A failure with a meaning to API clients. Its `cause` goes to the log, never to the client. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly reason: Reason | "";
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(
    reason: Reason | "",
    message: string,
    options: { code?: number; details?: StatusDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.code = options.code ?? (reason === "" ? 500 : reasonCodes[reason]);
    this.details = options.details;
  }

  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      ...(this.message === "" ? {} : { message: this.message }),
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  /** The error that a `Status` answer stands for; used by clients. */
  static fromStatus(status: Partial<Status>, fallbackCode = 500): ApiError {
    const known = status.reason !== undefined && status.reason in reasonCodes;
    return new ApiError(known ? (status.reason as Reason) : "", status.message ?? "", {
      code: status.code ?? fallbackCode,
      ...(status.details ? { details: status.details } : {}),
    });
  }

  /** Whatever was thrown, as an `ApiError`; the unknown becomes an InternalError without details. */
  static from(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    return new ApiError("InternalError", "Internal error occurred", { cause: thrown });
  }
}

/** Whether `error` is an `ApiError` with one of the reasons. */
export function isReason(error: unknown, ...reasons: Reason[]): error is ApiError {
  return error instanceof ApiError && (reasons as string[]).includes(error.reason);
}

/** `pods` or `deployments.apps`: how messages name a resource. */
export function qualified({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function about({ group, resource }: GroupResource, name: string, more: StatusDetails = {}) {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
    ...more,
  };
}

export function notFound(gr: GroupResource, name: string): ApiError {
  return new ApiError("NotFound", `${qualified(gr)} ${JSON.stringify(name)} not found`, {
    details: about(gr, name),
  });
}

export function alreadyExists(gr: GroupResource, name: string): ApiError {
  return new ApiError("AlreadyExists", `${qualified(gr)} ${JSON.stringify(name)} already exists`, {
    details: about(gr, name),
  });
}

export function conflict(gr: GroupResource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(gr)} ${JSON.stringify(name)}: ${why}`;
  return new ApiError("Conflict", message, { details: about(gr, name) });
}

/** What a stale resourceVersion is told. */
export const modifiedSince =
  "the object has been modified; please apply your changes to the latest version and try again";

export function forbidden(gr: GroupResource, name: string, why: string): ApiError {
  const what = name === "" ? qualified(gr) : `${qualified(gr)} ${JSON.stringify(name)}`;
  return new ApiError("Forbidden", `${what} is forbidden: ${why}`, { details: about(gr, name) });
}

export function badRequest(message: string): ApiError {
  return new ApiError("BadRequest", message);
}

export function unauthorized(): ApiError {
  return new ApiError("Unauthorized", "Unauthorized");
}

export function methodNotSupported(gr: GroupResource, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind ${JSON.stringify(qualified(gr))}`;
  return new ApiError("MethodNotAllowed", message, { details: about(gr, "") });
}

/** A resourceVersion or continue token whose history is gone. */
export function expired(message: string): ApiError {
  return new ApiError("Expired", message);
}

export function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError("TooManyRequests", message, { details: { retryAfterSeconds } });
}

export function internalError(cause: unknown, what: string): ApiError {
  return new ApiError("InternalError", `Internal error occurred: ${what}`, {
    details: { causes: [{ message: what }] },
    cause,
  });
}
