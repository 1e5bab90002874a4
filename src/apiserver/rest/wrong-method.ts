import { ApiError, methodNotSupported } from "#machinery/errors.ts";
import type { ResourceRequestInfo } from "./context.ts";

/** The 405 for a method that a path does not have. */
export function wrongMethod({ group, resource, verb }: ResourceRequestInfo): ApiError {
  const { message } = methodNotSupported({ group, resource }, verb);
  return new ApiError("MethodNotAllowed", message, { details: {} });
}
