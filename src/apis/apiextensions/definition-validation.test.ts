import { expect, test } from "vitest";
import { describe as told } from "#machinery/field-error.ts";
import type {
  CustomResourceDefinition as Crd,
  CustomResourceDefinitionVersion as Version,
} from "./custom-resource-definition.ts";
import { customResourceDefinitionStrategy as strategy } from "./custom-resource-definition-strategy.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";

const version = (more: Partial<Version> = {}, spec: JSONSchemaProps = { type: "object" }) =>
  ({
    name: "v1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
    ...more,
  }) as Version;

/** A sound definition, but for what a test changes. */
function definition(change: (crd: Crd) => void = () => {}): Crd {
  const crd = {
    metadata: { name: "widgets.example.com", uid: "1", resourceVersion: "1" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      conversion: { strategy: "None" },
      versions: [version()],
    },
    status: {
      conditions: [{ type: "Established", status: "True" }],
      acceptedNames: { plural: "", kind: "" },
      storedVersions: ["v1"],
    },
  } as unknown as Crd;
  change(crd);
  return crd;
}
const show = (errors: ReturnType<Strategy["validate"]>) =>
  errors.map((error) => `${error.field}: ${told(error)}`);
type Strategy = Required<Pick<typeof strategy, "validate" | "validateUpdate">>;
const { validate, validateUpdate } = strategy as Strategy;
const context = {} as Parameters<Strategy["validate"]>[1];

/** Changes the only field of the spec of objects. */
const field = (schema: JSONSchemaProps) => (crd: Crd) => {
  crd.spec.versions = [version({}, { type: "object", properties: { a: schema } })];
};
const at = "spec.validation.openAPIV3Schema.properties[spec].properties[a]";

test.each<[what: string, change: (crd: Crd) => void, errors: string[]]>([
  ["nothing wrong", () => {}, []],
  [
    "a name of another resource",
    (crd) => (crd.metadata.name = "gadgets.example.com"),
    [
      'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
    ],
  ],
  [
    "an unknown scope",
    (crd) => (crd.spec.scope = "Everywhere"),
    ['spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"'],
  ],
  [
    "one name for one and many",
    (crd) => (crd.spec.names.listKind = "Widget"),
    ['spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'],
  ],
  [
    "no schema",
    (crd) => (crd.spec.versions = [version({ schema: null } as object)]),
    ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
  ],
  [
    "a warning about what is not deprecated",
    (crd) => (crd.spec.versions = [version({ deprecationWarning: "gone soon" })]),
    [
      'spec.versions[0].deprecationWarning: Invalid value: "gone soon": can only be set for deprecated versions',
    ],
  ],
  [
    "a warning on two lines",
    (crd) =>
      (crd.spec.versions = [version({ deprecated: true, deprecationWarning: "gone\nsoon" })]),
    [
      'spec.versions[0].deprecationWarning: Invalid value: "gone\\nsoon": must only contain printable UTF-8 characters; non-printable character found at index 4',
    ],
  ],
  [
    "a storage version that is not noted",
    (crd) => (crd.status!.storedVersions = ["v0"]),
    [
      'status.storedVersions: Invalid value: ["v0"]: must have the storage version v1',
      'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions',
    ],
  ],
  [
    "a default of the wrong type",
    field({ type: "integer", default: "many" }),
    [`${at}.default: Invalid value: "string":  in body must be of type integer: "string"`],
  ],
  [
    "a list by keys that may be missing",
    field({
      type: "array",
      items: { type: "object", properties: { k: { type: "string" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    }),
    [
      `${at}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  ],
  [
    "unique items",
    field({ type: "array", items: { type: "string" }, uniqueItems: true }),
    [
      `${at}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  ],
  [
    "scales by what is not wanted",
    (crd) =>
      (crd.spec.versions = [
        version({
          subresources: {
            scale: { specReplicasPath: ".status.a", statusReplicasPath: ".status.a" },
          },
        }),
      ]),
    [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.a": should be a json path under .spec',
    ],
  ],
])("%s", (_what, change, errors) => {
  expect(show(validate(definition(change), context))).toEqual(errors);
});

test("what objects hang on does not change", () => {
  const was = definition();
  const next = definition(({ spec }) => {
    spec.scope = "Cluster";
    spec.group = "other.com";
    spec.names.kind = "Gadget";
  });
  const immutable = "field is immutable";
  expect(show(validateUpdate(next, was, context))).toEqual([
    `spec.scope: Invalid value: "Cluster": ${immutable}`,
    `spec.names.kind: Invalid value: "Gadget": ${immutable}`,
    `spec.group: Invalid value: "other.com": ${immutable}`,
  ]);
});

test("what was wrong before may stay so", () => {
  const list: JSONSchemaProps = {
    type: "array",
    items: { type: "object", properties: {} },
    "x-kubernetes-list-type": "set",
  };
  const wrong = definition(field(list));
  expect(show(validate(wrong, context))).toHaveLength(1);
  expect(show(validateUpdate(definition(field(list)), wrong, context))).toEqual([]);
  expect(show(validateUpdate(wrong, definition(), context))).toHaveLength(1);
});
