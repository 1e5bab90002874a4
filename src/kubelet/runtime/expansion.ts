/**
 * Expands `$(NAME)` in commands, arguments and environment values. `$$` is a literal `$`; a name
 * that `lookUp` does not know stays as it is written.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char !== "$" || at + 1 >= text.length) {
      result += char;
      continue;
    }
    const next = text[at + 1];
    if (next === "$") {
      result += "$";
      at++;
      continue;
    }
    const end = next === "(" ? text.indexOf(")", at + 2) : -1;
    if (end < 0) {
      result += char;
      continue;
    }
    const name = text.slice(at + 2, end);
    result += lookUp(name) ?? `$(${name})`;
    at = end;
  }
  return result;
}

/** Like `expand`, but names without a value are an error, as subPathExpr demands. */
export function expandStrictly(text: string, env: ReadonlyMap<string, string>): string {
  const missing: string[] = [];
  const result = expand(text, (name) => {
    const value = env.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) {
    throw new Error(`missing value for ${missing.map((name) => JSON.stringify(name)).join(", ")}`);
  }
  return result;
}
