import { badRequest } from "#machinery/errors.ts";
import type { RequestInfo, Verb } from "./request.ts";

const verbs: Readonly<Record<string, Verb>> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** What lies directly below a namespace and is not a resource inside it. */
const namespaceSubresources = new Set(["status", "finalize"]);

/** As upstream reads a boolean parameter: what is there is true unless it is `false` or `0`. */
function isTrue(value: string | null): boolean {
  return value !== null && !["false", "0"].includes(value.toLowerCase());
}

/**
 * Reads from method, path and query what a request asks for.
 * @throws BadRequest for a path with broken percent-encoding.
 */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = segments(path);
  const grouped = parts[0] === "apis";
  const short = grouped ? 4 : 3;
  if ((parts[0] !== "api" && !grouped) || parts.length < short) {
    return { isResource: false, verb: method.toLowerCase(), path };
  }
  const group = grouped ? parts[1]! : "";
  const version = parts[short - 2]!;
  let at = short - 1;
  let verb = verbs[method] ?? (method.toLowerCase() as Verb);
  let watching = false;
  if (parts[at] === "watch" && parts.length > at + 1) {
    watching = true;
    at++;
  }
  let namespace = "";
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    namespace = parts[at + 1]!;
    if (parts.length > at + 2 && !namespaceSubresources.has(parts[at + 2]!)) at += 2;
  }
  const resource = parts[at] ?? "";
  let name = parts[at + 1] ?? "";
  const subresource = parts[at + 2] ?? "";
  const rest = parts.length > at + 3 ? parts.slice(at + 3).join("/") : "";
  const fieldSelector = query.get("fieldSelector") ?? "";
  if (watching) verb = "watch";
  else if (name === "" && verb === "get") verb = isTrue(query.get("watch")) ? "watch" : "list";
  else if (name === "" && verb === "delete") verb = "deletecollection";
  if (name === "" && (verb === "list" || verb === "watch")) name = soleName(fieldSelector);
  return {
    isResource: true, verb, path, group, version, resource, subresource, namespace, name, rest,
    fieldSelector, labelSelector: query.get("labelSelector") ?? "",
  }; // prettier-ignore
}

/** The name that a field selector asks for exactly; authorization treats such lists as of it. */
function soleName(fieldSelector: string): string {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(fieldSelector)?.[1] ?? "";
}

function segments(path: string): string[] {
  const parts = path.split("/");
  parts.shift();
  if (parts.at(-1) === "") parts.pop();
  if (!path.includes("%")) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch {
    throw badRequest("invalid URL escape");
  }
}
