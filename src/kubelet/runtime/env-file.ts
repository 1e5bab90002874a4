const keyShape = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The variables of an env file (KEP-3721): lines `NAME='value'`, comments and empty lines. Values
 * stand in single quotes, may span lines and hold no single quote. Throws for anything else.
 */
export function parseEnvFile(text: string): Map<string, string> {
  const env = new Map<string, string>();
  let rest = text.replaceAll("\r\n", "\n");
  for (;;) {
    rest = rest.replace(/^(?:[ \t]*(?:#[^\n]*)?(?:\n|$))+/, "");
    if (rest.trim() === "") return env;
    const match = /^[ \t]*([^=\s]+)='([^']*)'[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(rest);
    if (!match || !keyShape.test(match[1]!)) {
      throw new Error(`invalid environment variable format: ${rest.split("\n", 1)[0]}`);
    }
    env.set(match[1]!, match[2]!);
    rest = rest.slice(match[0].length);
  }
}
