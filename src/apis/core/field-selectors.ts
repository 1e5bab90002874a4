import { type Infer, object, quantity, string } from "#machinery/schema/schema.ts";

export const objectFieldSelector = object(
  "core.v1.ObjectFieldSelector",
  {
    apiVersion: string({ tag: 1 }),
    fieldPath: string({ tag: 2, always: true, required: true }),
  },
  { mapType: "atomic" },
);
export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}

export const resourceFieldSelector = object(
  "core.v1.ResourceFieldSelector",
  {
    containerName: string({ tag: 1 }),
    resource: string({ tag: 2, always: true, required: true }),
    divisor: quantity({ tag: 3 }),
  },
  { mapType: "atomic" },
);
export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}
