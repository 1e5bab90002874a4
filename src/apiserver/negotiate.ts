import { ApiError } from "#machinery/errors.ts";

/** How an answer is written. */
export type MediaType = "json" | "yaml" | "protobuf";

export const contentTypes: Readonly<Record<MediaType, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

/** What stands in for the object itself. */
export type Transformation = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface Negotiated {
  readonly media: MediaType;
  readonly as: Transformation | undefined;
  /** The meta.k8s.io version of the transformation. */
  readonly version: "v1" | "v1beta1";
}

const plainJson: Negotiated = { media: "json", as: undefined, version: "v1" };

/** Which transformations a request can ask for, by whether it is answered with one object. */
const offers = {
  none: [],
  object: ["Table", "PartialObjectMetadata"],
  list: ["Table", "PartialObjectMetadataList"],
  /** Watch events carry single objects. */
  watch: ["Table", "PartialObjectMetadata"],
} as const satisfies Record<string, readonly Transformation[]>;
export type Offer = keyof typeof offers;

const known = new Map<string, Negotiated>();
const knownMax = 1_000;

/**
 * Chooses by the `Accept` header how to answer. Custom resources (`isCustom`) have no protobuf.
 * @throws NotAcceptable when nothing that is accepted is on offer.
 */
export function negotiate(accept: string | undefined, offer: Offer, isCustom = false): Negotiated {
  if (accept === undefined || accept === "" || accept === "*/*" || accept === "application/json") {
    return plainJson;
  }
  const key = `${offer} ${isCustom ? "custom " : ""}${accept}`;
  const found = known.get(key);
  if (found) return found;
  const chosen = choose(accept, offer, isCustom);
  if (known.size < knownMax) known.set(key, chosen);
  return chosen;
}

function choose(accept: string, offer: Offer, isCustom: boolean): Negotiated {
  const clauses = accept
    .split(",")
    .map(parseClause)
    .toSorted((a, b) => b.quality - a.quality);
  for (const { type, parameters } of clauses) {
    const media = mediaOf(type);
    if (media === undefined || (offer === "watch" && media === "yaml")) continue;
    const as = parameters["as"];
    if (as === undefined && media === "protobuf" && isCustom) continue;
    if (as === undefined) return media === "json" ? plainJson : { ...plainJson, media };
    const version = parameters["v"];
    if (parameters["g"] !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) continue;
    const transformation = offers[offer].find((offered) => offered === as);
    if (!transformation || (transformation === "Table" && media === "protobuf")) continue;
    return { media, as: transformation, version };
  }
  throw notAcceptable(offer);
}

function mediaOf(type: string): MediaType | undefined {
  if (type === "*/*") return "json";
  return (Object.keys(contentTypes) as MediaType[]).find((media) => contentTypes[media] === type);
}

interface Clause {
  readonly type: string;
  readonly quality: number;
  readonly parameters: Readonly<Record<string, string>>;
}

function parseClause(text: string): Clause {
  const [type = "", ...rest] = text.split(";");
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const [name = "", value = ""] = part.trim().split("=", 2);
    parameters[name] = value;
  }
  const quality = Number(parameters["q"] ?? 1);
  return { type: type.trim(), quality: Number.isNaN(quality) ? 0 : quality, parameters };
}

/** The 406 that says what would have been accepted. */
export function notAcceptable(offer: Offer): ApiError {
  const media = Object.values(contentTypes)
    .filter((type) => offer !== "watch" || type !== contentTypes.yaml)
    .map((type) =>
      offer === "watch" && type !== contentTypes.json ? `${type};stream=watch` : type,
    );
  const message = `only the following media types are accepted: ${media.join(", ")}`;
  return new ApiError("NotAcceptable", message);
}

/** The media type of a request's body. @throws UnsupportedMediaType. */
export function bodyMedia(contentType: string | undefined): MediaType {
  if (contentType === undefined || contentType === "") return "json";
  const type = contentType.split(";", 1)[0]!.trim().toLowerCase();
  const media = mediaOf(type);
  if (media && type !== "*/*") return media;
  throw unsupportedMedia(Object.values(contentTypes));
}

export function unsupportedMedia(supported: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}`;
  return new ApiError("UnsupportedMediaType", message);
}
