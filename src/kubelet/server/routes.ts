import type { Handler, UpgradeHandler } from "./answer.ts";

export interface Route {
  readonly methods: readonly string[];
  /** `/exec/{namespace}/{pod}`; `{rest...}` at the end takes everything that follows. */
  readonly pattern: string;
  /** Answers requests; without one an upgrade is required. */
  readonly handle?: Handler;
  readonly upgrade?: UpgradeHandler;
}

export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/**
 * The route of a path: "method" when there is one, but not for this method; undefined when there is none.
 * A path that cannot be decoded has none.
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): Match | "method" | undefined {
  let isKnown = false;
  const parts = path.split("/").slice(1);
  if (parts.length > 1 && parts.at(-1) === "") parts.pop();
  for (const route of routes) {
    const params = matchParts(route.pattern.split("/").slice(1), parts);
    if (!params) continue;
    const asked = method === "HEAD" ? "GET" : method;
    if (route.methods.includes(asked)) return { route, params };
    isKnown = true;
  }
  return isKnown ? "method" : undefined;
}

function matchParts(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const rest = /^\{(\w+)\.\.\.\}$/.exec(wanted)?.[1];
    if (rest !== undefined) {
      const text = decode(parts.slice(index).join("/"));
      return text === undefined ? undefined : { ...params, [rest]: text };
    }
    const name = /^\{(\w+)\}$/.exec(wanted)?.[1];
    if (name === undefined) {
      // Not decoded: authorization has looked at the path as it came.
      if (parts[index] !== wanted) return undefined;
      continue;
    }
    const part = decode(parts[index] ?? "");
    if (part === undefined || part === "") return undefined;
    params[name] = part;
  }
  return parts.length === pattern.length ? params : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
