/** The path of a version: `/api/v1` or `/apis/apps/v1`. */
export function rootOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}
