import { type Infer, object, string } from "#machinery/schema/schema.ts";

export const roleRef = object(
  "rbac.v1.RoleRef",
  {
    apiGroup: string({ tag: 1, always: true }),
    kind: string({ tag: 2, always: true, required: true }),
    name: string({ tag: 3, always: true, required: true }),
  },
  { mapType: "atomic" },
);
export interface RoleRef extends Infer<typeof roleRef> {}

export const subject = object(
  "rbac.v1.Subject",
  {
    kind: string({ tag: 1, always: true, required: true }),
    apiGroup: string({ tag: 2 }),
    name: string({ tag: 3, always: true, required: true }),
    namespace: string({ tag: 4 }),
  },
  { mapType: "atomic" },
);
export interface Subject extends Infer<typeof subject> {}
