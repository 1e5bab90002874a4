import { ApiError } from "#machinery/errors.ts";
import type { Representation } from "./representation.ts";
import type { Served } from "./served.ts";

/** `application/vnd.kubernetes.protobuf`. */
export function protobufRepresentation(_served: Served): Representation {
  throw new ApiError("NotAcceptable", "protobuf is not served yet");
}
