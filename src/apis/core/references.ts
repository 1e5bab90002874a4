import { type Infer, object, string } from "#machinery/schema/schema.ts";

export const localObjectReference = object(
  "core.v1.LocalObjectReference",
  {
    name: string({ tag: 1 }),
  },
  { mapType: "atomic" },
);
export interface LocalObjectReference extends Infer<typeof localObjectReference> {}

export const objectReference = object(
  "core.v1.ObjectReference",
  {
    kind: string({ tag: 1 }),
    namespace: string({ tag: 2 }),
    name: string({ tag: 3 }),
    uid: string({ tag: 4 }),
    apiVersion: string({ tag: 5 }),
    resourceVersion: string({ tag: 6 }),
    fieldPath: string({ tag: 7 }),
  },
  { mapType: "atomic" },
);
export interface ObjectReference extends Infer<typeof objectReference> {}

export const secretReference = object(
  "core.v1.SecretReference",
  {
    name: string({ tag: 1 }),
    namespace: string({ tag: 2 }),
  },
  { mapType: "atomic" },
);
export interface SecretReference extends Infer<typeof secretReference> {}

export const typedLocalObjectReference = object(
  "core.v1.TypedLocalObjectReference",
  {
    apiGroup: string({ tag: 1, always: true, pointer: true }),
    kind: string({ tag: 2, always: true, required: true }),
    name: string({ tag: 3, always: true, required: true }),
  },
  { mapType: "atomic" },
);
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const typedObjectReference = object("core.v1.TypedObjectReference", {
  apiGroup: string({ tag: 1, always: true, pointer: true }),
  kind: string({ tag: 2, always: true, required: true }),
  name: string({ tag: 3, always: true, required: true }),
  namespace: string({ tag: 4, pointer: true }),
});
export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}
