import { type Infer, list, map, object, string } from "#machinery/schema/schema.ts";

export const userInfo = object("authentication.v1.UserInfo", {
  username: string({ tag: 1 }),
  uid: string({ tag: 2 }),
  groups: list(string(), { tag: 3, listType: "atomic" }),
  extra: map(list(string()), { tag: 4 }),
});
export interface UserInfo extends Infer<typeof userInfo> {}
