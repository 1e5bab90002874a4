import { jsonRepresentation } from "./json-representation.ts";
import { partialRepresentation } from "./partial-representation.ts";
import { protobufRepresentation } from "./protobuf-representation.ts";
import type { Representation, RepresentationRequest } from "./representation.ts";
import { tableRepresentation } from "./table-representation.ts";
import { yamlRepresentation } from "./yaml-representation.ts";

/** How to answer as was negotiated. */
export function representationFor(request: RepresentationRequest): Representation {
  const { served, negotiated } = request;
  if (negotiated.as === "Table") return tableRepresentation(request);
  if (negotiated.as !== undefined) return partialRepresentation(request);
  if (negotiated.media === "protobuf") return protobufRepresentation(served);
  if (negotiated.media === "yaml") return yamlRepresentation(served);
  return jsonRepresentation(served);
}
