import {
  bool,
  double,
  type Infer,
  int64,
  json,
  list,
  map,
  object,
  type ObjectSchema,
  string,
  struct,
  structOr,
} from "#machinery/schema/schema.ts";

export const externalDocumentation = object("apiextensions.v1.ExternalDocumentation", {
  description: string({ tag: 1 }),
  url: string({ tag: 2 }),
});
export interface ExternalDocumentation extends Infer<typeof externalDocumentation> {}

export const validationRule = object("apiextensions.v1.ValidationRule", {
  rule: string({ tag: 1, always: true, required: true }),
  message: string({ tag: 2 }),
  messageExpression: string({ tag: 3 }),
  reason: string({
    tag: 4,
    pointer: true,
    enum: ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
  }),
  fieldPath: string({ tag: 5 }),
  optionalOldSelf: bool({ tag: 6, pointer: true }),
});
export interface ValidationRule extends Infer<typeof validationRule> {}

/** The part of a JSON schema that does not hold schemas. */
const flatFields = {
  id: string({ tag: 1 }),
  $schema: string({ tag: 2 }),
  $ref: string({ tag: 3, pointer: true }),
  description: string({ tag: 4 }),
  type: string({ tag: 5 }),
  format: string({ tag: 6 }),
  title: string({ tag: 7 }),
  default: json({ tag: 8, pointer: true }),
  maximum: double({ tag: 9, pointer: true }),
  exclusiveMaximum: bool({ tag: 10 }),
  minimum: double({ tag: 11, pointer: true }),
  exclusiveMinimum: bool({ tag: 12 }),
  maxLength: int64({ tag: 13, pointer: true }),
  minLength: int64({ tag: 14, pointer: true }),
  pattern: string({ tag: 15 }),
  maxItems: int64({ tag: 16, pointer: true }),
  minItems: int64({ tag: 17, pointer: true }),
  uniqueItems: bool({ tag: 18 }),
  multipleOf: double({ tag: 19, pointer: true }),
  enum: list(json(), { tag: 20, listType: "atomic" }),
  maxProperties: int64({ tag: 21, pointer: true }),
  minProperties: int64({ tag: 22, pointer: true }),
  required: list(string(), { tag: 23, listType: "atomic" }),
  externalDocs: struct<ExternalDocumentation>(externalDocumentation, { tag: 35, pointer: true }),
  example: json({ tag: 36, pointer: true }),
  nullable: bool({ tag: 37 }),
  "x-kubernetes-preserve-unknown-fields": bool({ tag: 38, pointer: true }),
  "x-kubernetes-embedded-resource": bool({ tag: 39 }),
  "x-kubernetes-int-or-string": bool({ tag: 40 }),
  "x-kubernetes-list-map-keys": list(string(), { tag: 41, listType: "atomic" }),
  "x-kubernetes-list-type": string({ tag: 42, pointer: true }),
  "x-kubernetes-map-type": string({ tag: 43, pointer: true }),
  "x-kubernetes-validations": list(struct<ValidationRule>(validationRule), {
    tag: 44,
    listType: "map",
    listMapKeys: ["rule"],
    patchStrategy: "merge",
    patchMergeKey: "rule",
  }),
} as const;
const flat = object("apiextensions.v1.JSONSchemaProps", flatFields);

/** A JSON schema as CRDs use it. Declared by hand where it holds itself. */
export interface JSONSchemaProps extends Infer<typeof flat> {
  items?: JSONSchemaProps | JSONSchemaProps[] | undefined;
  allOf?: JSONSchemaProps[] | undefined;
  oneOf?: JSONSchemaProps[] | undefined;
  anyOf?: JSONSchemaProps[] | undefined;
  not?: JSONSchemaProps | undefined;
  properties?: Record<string, JSONSchemaProps> | undefined;
  additionalProperties?: JSONSchemaProps | boolean | undefined;
  patternProperties?: Record<string, JSONSchemaProps> | undefined;
  dependencies?: Record<string, JSONSchemaProps | string[]> | undefined;
  additionalItems?: JSONSchemaProps | boolean | undefined;
  definitions?: Record<string, JSONSchemaProps> | undefined;
}

const itself = (): ObjectSchema<JSONSchemaProps> => jsonSchemaProps;
const orBool = "JSONSchemaPropsOrBool";
const schemaList = { listType: "atomic" } as const;

export const jsonSchemaProps: ObjectSchema<JSONSchemaProps> = object(
  "apiextensions.v1.JSONSchemaProps",
  {
    ...flatFields,
    items: structOr("JSONSchemaPropsOrArray", itself, "list", { tag: 24, pointer: true }),
    allOf: list(struct(itself), { tag: 25, ...schemaList }),
    oneOf: list(struct(itself), { tag: 26, ...schemaList }),
    anyOf: list(struct(itself), { tag: 27, ...schemaList }),
    not: struct(itself, { tag: 28, pointer: true }),
    properties: map(struct(itself), { tag: 29 }),
    additionalProperties: structOr(orBool, itself, "bool", { tag: 30, pointer: true }),
    patternProperties: map(struct(itself), { tag: 31 }),
    dependencies: map(structOr("JSONSchemaPropsOrStringArray", itself, "strings"), { tag: 32 }),
    additionalItems: structOr(orBool, itself, "bool", { tag: 33, pointer: true }),
    definitions: map(struct(itself), { tag: 34 }),
  },
);
