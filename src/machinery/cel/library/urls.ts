import { bool, listOf, mapOf, opaque, string } from "../types.ts";
import { ArrayList, CelError, CelOpaque, EntryMap } from "../values.ts";
import { type CelLibrary, global, member, traversal } from "./library.ts";

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */

const urlType = opaque("kubernetes.URL");

class CelUrl extends CelOpaque {
  readonly typeName = "kubernetes.URL";
  readonly text: string;
  readonly scheme: string;
  /** With port; IPv6 in brackets. */
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(
    text: string,
    [scheme, host, path, query]: readonly [string, string, string, string],
  ) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
}

const absolute = /^([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/;
const rooted = /^(\/[^?#]*)(?:\?([^#]*))?$/;
const hostShape = /^(?:\[[0-9a-fA-F:.]+(?:%25[^\]]*)?\]|[^\s[\]<>"\\^`{|}:]*)(?::\d*)?$/;

/** As a request has it: with a scheme, or from the root; without a fragment. */
function parseUrl(text: string): CelUrl | undefined {
  if (/\s/.test(text) || Array.from(text).some((char) => char < " " || char === "\u007f")) {
    return undefined;
  }
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const own = rooted.exec(text);
  if (own) return new CelUrl(text, ["", "", own[1] ?? "", own[2] ?? ""]);
  const [, scheme, authority = "", path = "", query = ""] = absolute.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (!hostShape.test(host)) return undefined;
  return new CelUrl(text, [scheme.toLowerCase(), host, path, query]);
}

function url(text: string): CelUrl {
  const parsed = parseUrl(text);
  if (parsed) return parsed;
  throw new CelError(
    `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
  );
}

function splitHost({ host }: CelUrl): { name: string; port: string } {
  const [, bracketed, plain = "", port = ""] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host) ?? [];
  return { name: bracketed ?? plain, port };
}

function queryOf({ query }: CelUrl): EntryMap {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query)) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return new EntryMap([...values].map(([key, list]) => [key, new ArrayList(list)]));
}

const parsing = traversal(0);

export const urlLibrary: CelLibrary = {
  functions: [
    ["url", global("string_to_url", [string], urlType, url, parsing)],
    ["isURL", global("is_url_string", [string], bool, (text: string) => parseUrl(text) !== undefined, parsing)],
    ["getScheme", member("url_get_scheme", [urlType], string, ({ scheme }: CelUrl) => scheme)],
    ["getHost", member("url_get_host", [urlType], string, ({ host }: CelUrl) => host)],
    ["getHostname", member("url_get_hostname", [urlType], string, (value: CelUrl) => splitHost(value).name)],
    ["getPort", member("url_get_port", [urlType], string, (value: CelUrl) => splitHost(value).port)],
    ["getEscapedPath", member("url_get_escaped_path", [urlType], string, ({ path }: CelUrl) => path)],
    ["getQuery", member("url_get_query", [urlType], mapOf(string, listOf(string)), queryOf)],
  ], // prettier-ignore
  typeNames: { "kubernetes.URL": urlType },
};
