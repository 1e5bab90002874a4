import { type Infer, object, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const paramKind = object(
  "admissionregistration.v1.ParamKind",
  {
    apiVersion: string({ tag: 1 }),
    kind: string({ tag: 2 }),
  },
  { mapType: "atomic" },
);
export interface ParamKind extends Infer<typeof paramKind> {}

export const paramRef = object(
  "admissionregistration.v1.ParamRef",
  {
    name: string({ tag: 1 }),
    namespace: string({ tag: 2 }),
    selector: struct<LabelSelector>(labelSelector, { tag: 3, pointer: true }),
    parameterNotFoundAction: string({ tag: 4, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface ParamRef extends Infer<typeof paramRef> {}

export const variable = object(
  "admissionregistration.v1.Variable",
  {
    name: string({ tag: 1, always: true, required: true }),
    expression: string({ tag: 2, always: true, required: true }),
  },
  { mapType: "atomic" },
);
export interface Variable extends Infer<typeof variable> {}
