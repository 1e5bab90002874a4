import type { PathHandler } from "./router.ts";
import { textResponse } from "./response.ts";

/** One thing that has to be well: returns what is wrong, or undefined. */
export interface HealthCheck {
  readonly name: string;
  check(): string | undefined;
}

/** The checks behind each endpoint. */
export interface HealthChecks {
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
}

/** Answers `/livez`, `/readyz`, `/healthz` and, below them, single checks. */
export function healthHandler(checks: HealthChecks): PathHandler {
  const endpoints: Readonly<Record<string, readonly HealthCheck[]>> = {
    livez: checks.livez,
    readyz: checks.readyz,
    healthz: checks.livez,
  };
  return ({ path, query }) => {
    const [, endpoint = "", ...rest] = path.replace(/\/$/, "").split("/");
    const all = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined;
    if (!all) return undefined;
    if (rest.length > 0) {
      const one = all.find(({ name }) => name === rest.join("/"));
      if (!one) return undefined;
      const wrong = one.check();
      if (wrong === undefined) return textResponse(200, "ok");
      return textResponse(500, `internal server error: ${wrong}\n`);
    }
    return report(endpoint, all, new Set(query.getAll("exclude")), query.has("verbose"));
  };
}

function report(
  endpoint: string,
  checks: readonly HealthCheck[],
  excluded: Set<string>,
  verbose: boolean,
) {
  let failed = false;
  const lines = checks.map((one) => {
    const { name } = one;
    if (excluded.delete(name)) return `[+]${name} excluded: ok`;
    const wrong = one.check();
    if (wrong === undefined) return `[+]${name} ok`;
    failed = true;
    return `[-]${name} failed: reason withheld`;
  });
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  if (failed) return textResponse(500, `${lines.join("\n")}\n${endpoint} check failed\n`);
  return textResponse(200, verbose ? `${lines.join("\n")}\n${endpoint} check passed\n` : "ok");
}
