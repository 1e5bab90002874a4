import type { FieldError, Path } from "#machinery/field-error.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { JSONSchemaProps, ValidationRule } from "./json-schema-props.ts";
import { checkListTypes, checkMapType } from "./list-type-validation.ts";
import { findFieldPath } from "./structural/field-path.ts";
import { unreadableSchema } from "./structural/invariants.ts";
import { type RuleBudget, ruleDefinitionErrors } from "./structural/rule-definitions.ts";
import { additionalOf, isEmbedded, typeAndMeta } from "./structural/schema.ts";

/** What old definitions were allowed: their rules are not tightened when they are updated. */
export interface SchemaOptions {
  readonly requireValidType: boolean;
  readonly requireAtomicSets: boolean;
  readonly requireListMapKeys: boolean;
  /** Rules that were there before may be as expensive as they are. */
  readonly anyRuleCost: boolean;
}

/** What is said about schemas on the way down. */
interface Place {
  readonly options: SchemaOptions;
  /** Why there may be no defaults here; undefined: there may. */
  readonly noDefaults: string | undefined;
  readonly insideMeta: boolean;
  /** The first schema on the way whose values cannot be told apart over time. */
  readonly uncorrelated: Path | undefined;
  /** None inside of junctors, where rules are not evaluated. */
  readonly budget: RuleBudget | undefined;
}

/** Schema errors hide rule errors at the same place and above. */
interface Found {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

/** What is wrong with the schema of a version. `budget` is undefined when rules cannot be checked. */
export function schemaErrors(
  schema: JSONSchemaProps,
  at: Path,
  options: SchemaOptions,
  budget: RuleBudget | undefined,
): FieldError[] {
  const place = {
    options,
    noDefaults: undefined,
    insideMeta: false,
    uncorrelated: undefined,
    budget,
  };
  const { schema: errors, rules } = visit(schema, at, place, true);
  return [...errors, ...rules];
}

function visit(schema: JSONSchemaProps, at: Path, place: Place, isRoot = false): Found {
  const problems = new Problems();
  checkUnsupported(problems, schema, at, place);
  if (schema.uniqueItems) {
    const why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    problems.forbidden(at.child("uniqueItems"), why);
  }
  const { additionalProperties, properties } = schema;
  const hasProperties = properties !== undefined && Object.keys(properties).length > 0;
  if (additionalProperties !== undefined && additionalProperties !== true && hasProperties) {
    const why = "additionalProperties and properties are mutual exclusive";
    problems.forbidden(at.child("additionalProperties"), why);
  }
  const rules: FieldError[] = [];
  for (const [part, partAt, partPlace] of partsOf(schema, at, place, isRoot)) {
    const inner = visit(part, partAt, partPlace);
    problems.add(...inner.schema);
    rules.push(...inner.rules);
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    problems.invalid(
      at.child("x-kubernetes-preserve-unknown-fields"),
      false,
      "must be true or undefined",
    );
  }
  checkMapType(problems, schema, at);
  checkListTypes(problems, schema, at, place.options);
  for (const [i, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    checkRule(problems, schema, rule, at.child("x-kubernetes-validations").index(i));
  }
  if (!problems.any && place.budget && schema["x-kubernetes-validations"]) {
    const { uncorrelated, options } = place;
    const checks = { uncorrelated, anyCost: options.anyRuleCost, isRoot };
    rules.push(...ruleDefinitionErrors(schema, at, place.budget, checks));
  }
  return { schema: problems.list, rules };
}

type Part = readonly [schema: JSONSchemaProps, at: Path, place: Place];

function partsOf(schema: JSONSchemaProps, at: Path, place: Place, isRoot: boolean): Part[] {
  const parts: Part[] = [];
  const additional = additionalOf(schema);
  if (additional) {
    const noDefaults = place.insideMeta
      ? "inside additionalProperties applying to object metadata"
      : place.noDefaults;
    const budget = place.budget?.inValues(schema, additional);
    parts.push([additional, at.child("additionalProperties"), { ...place, noDefaults, budget }]);
  }
  const describesObject = isRoot || isEmbedded(schema);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = describesObject && typeAndMeta.has(name);
    parts.push([
      property,
      at.child("properties").key(name),
      {
        ...place,
        insideMeta: place.insideMeta || isMeta,
        noDefaults: isMeta && isRoot ? `in top-level ${name}` : place.noDefaults,
        budget: place.budget?.inProperty(schema, property, name),
      },
    ]);
  }
  parts.push(...junctorsOf(schema, at, { ...place, budget: undefined }));
  const { items } = schema;
  const isMap = schema["x-kubernetes-list-type"] === "map";
  const itemPlace = isMap ? place : { ...place, uncorrelated: place.uncorrelated ?? at };
  const itemsAt = at.child("items");
  if (Array.isArray(items)) {
    for (const [i, item] of items.entries()) {
      parts.push([item, itemsAt.index(i), { ...itemPlace, budget: undefined }]);
    }
  } else if (items) {
    parts.push([items, itemsAt, { ...itemPlace, budget: place.budget?.inValues(schema, items) }]);
  }
  return parts;
}

function junctorsOf(schema: JSONSchemaProps, at: Path, place: Place): Part[] {
  const { not, definitions = {}, dependencies = {} } = schema;
  return [
    ...(not ? [[not, at.child("not"), place] as const] : []),
    ...(["allOf", "oneOf", "anyOf"] as const).flatMap((name) =>
      (schema[name] ?? []).map((each, i) => [each, at.child(name).index(i), place] as const),
    ),
    ...Object.entries(definitions).map(
      ([name, each]) => [each, at.child("definitions").key(name), place] as const,
    ),
    ...Object.entries(dependencies).flatMap(([name, each]) =>
      Array.isArray(each) ? [] : [[each, at.child("dependencies").key(name), place] as const],
    ),
  ];
}

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** What JSON schemas can say and those of custom resources cannot. */
function checkUnsupported(
  problems: Problems,
  schema: JSONSchemaProps,
  at: Path,
  place: Place,
): void {
  const { type } = schema;
  if (place.options.requireValidType && type && !types.includes(type)) {
    problems.notSupported(at.child("type"), type, types);
  }
  if (schema.default !== undefined && place.noDefaults !== undefined) {
    problems.forbidden(at.child("default"), `must not be set ${place.noDefaults}`);
  }
  const { patternProperties = {}, definitions = {} } = schema;
  const used: Readonly<Record<string, boolean>> = {
    id: Boolean(schema.id),
    additionalItems: schema.additionalItems !== undefined,
    patternProperties: Object.keys(patternProperties).length > 0,
    definitions: Object.keys(definitions).length > 0,
    dependencies: schema.dependencies !== undefined,
    $ref: schema.$ref !== undefined,
  };
  for (const [name, isUsed] of Object.entries(used)) {
    if (isUsed) problems.forbidden(at.child(name), `${name} is not supported`);
  }
  if (type === "null") {
    const why = "type cannot be set to null, use nullable as an alternative";
    problems.forbidden(at.child("type"), why);
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    problems.forbidden(at.child("items"), "items must be a schema object and not an array");
  }
  if (place.insideMeta && isEmbedded(schema)) {
    const why = "must not be used inside of resource meta";
    problems.forbidden(at.child("x-kubernetes-embedded-resource"), why);
  }
}

const reasons = [
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueDuplicate",
];

const hasLineBreaks = (text: string) => /[\n\r]/.test(text);

/** What is wrong with a rule apart from its expressions. */
function checkRule(
  problems: Problems,
  schema: JSONSchemaProps,
  rule: ValidationRule,
  at: Path,
): void {
  const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
  const expression = (rule.rule ?? "").trim();
  const messageAt = at.child("message");
  if (expression === "") problems.required(at.child("rule"), "rule is not specified");
  else if (message !== "" && message.trim() === "") {
    problems.invalid(messageAt, message, "message must be non-empty if specified");
  } else if (hasLineBreaks(message.trim())) {
    problems.invalid(messageAt, message, "message must not contain line breaks");
  } else if (hasLineBreaks(expression) && message.trim() === "") {
    problems.required(messageAt, "message must be specified if rule contains line breaks");
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    const why = "messageExpression must be non-empty if specified";
    problems.required(at.child("messageExpression"), why);
  }
  problems.oneOf(at.child("reason"), reason, reasons);
  if (fieldPath === "") return;
  const pathAt = at.child("fieldPath");
  if (fieldPath.trim() === "") {
    problems.invalid(pathAt, fieldPath, "fieldPath must be non-empty if specified");
  }
  if (hasLineBreaks(fieldPath)) {
    problems.invalid(pathAt, fieldPath, "fieldPath must not contain line breaks");
  }
  if (!leadsSomewhere(schema, fieldPath)) {
    problems.invalid(pathAt, fieldPath, "fieldPath must be a valid path");
  }
}

function leadsSomewhere(schema: JSONSchemaProps, path: string): boolean {
  if (unreadableSchema(schema) !== undefined) return true;
  try {
    findFieldPath(path, schema);
    return true;
  } catch {
    return false;
  }
}
