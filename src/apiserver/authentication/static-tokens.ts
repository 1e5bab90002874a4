import { hash } from "node:crypto";
import type { UserInfo } from "#machinery/strategy.ts";
import type { TokenAuthenticator } from "./authenticator.ts";

/**
 * Tokens from `--token-auth-file`: lines of `token,user,uid[,"group1,group2"]`. They are kept and
 * looked up by their hash, so that the time of a look-up tells nothing about them.
 * @throws Error naming the line that is no such line.
 */
export function staticTokens(csv: string): TokenAuthenticator {
  const users = new Map<string, UserInfo>();
  for (const [index, line] of csv.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [token, name, uid, groups = ""] = csvCells(line);
    if (!token || !name || uid === undefined) {
      throw new Error(`token file, line ${index + 1}: want token,user,uid[,"group1,group2"]`);
    }
    const list = groups.split(",").map((group) => group.trim());
    users.set(digest(token), { name, uid, groups: list.filter((group) => group !== "") });
  }
  return {
    name: "static-token",
    async authenticateToken(token) {
      const user = users.get(digest(token));
      return user && { user };
    },
  };
}

function digest(token: string): string {
  return hash("sha256", token, "base64");
}

function csvCells(line: string): string[] {
  const cells = `${line},`.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*,/g);
  return [...cells].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim());
}
