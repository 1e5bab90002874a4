import type { UserInfo } from "#machinery/strategy.ts";

/** A user as reviews show it. */
export function userInfoOf({ name, uid, groups, extra }: UserInfo) {
  const copies: Record<string, string[]> = {};
  for (const [key, values] of Object.entries(extra ?? {})) copies[key] = [...values];
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups: [...groups] } : {}),
    ...(extra ? { extra: copies } : {}),
  };
}
