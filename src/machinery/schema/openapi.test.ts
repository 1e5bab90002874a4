import { expect, test } from "vitest";
import { openApiName, type OpenApiVersion, openApiTypes } from "./openapi.ts";
import { int32, intOrString, list, map, object, quantity, string, struct } from "./schema.ts";

const port = object("core.v1.Port", {
  port: int32({ tag: 1, always: true, required: true, doc: "Its number." }),
  protocol: string({ tag: 2, default: "TCP", enum: ["TCP", "UDP"] }),
  target: intOrString({ tag: 3 }),
});
const thing = object(
  "core.v1.Thing",
  {
    ports: list(struct(port), {
      tag: 1,
      listType: "map",
      listMapKeys: ["port"],
      patchStrategy: "merge",
      patchMergeKey: "port",
    }),
    main: struct(port, { tag: 2, pointer: true, patchStrategy: "retainKeys" }),
    sizes: map(quantity(), { tag: 3 }),
  },
  { mapType: "atomic" },
);
const core = "io.k8s.api.core.v1";

function types(version: OpenApiVersion) {
  return openApiTypes([thing], {
    version,
    kindsOf: (schema) => (schema === thing ? [{ group: "", version: "v1", kind: "Thing" }] : []),
  });
}

test("v3 wraps references that have something beside them", () => {
  expect(types(3)[`${core}.Thing`]).toEqual({
    type: "object",
    properties: {
      ports: {
        type: "array",
        items: { $ref: `#/components/schemas/${core}.Port` },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port"],
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "port",
      },
      main: {
        allOf: [{ $ref: `#/components/schemas/${core}.Port` }],
        "x-kubernetes-patch-strategy": "retainKeys",
      },
      sizes: {
        type: "object",
        additionalProperties: {
          $ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity",
        },
      },
    },
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Thing" }],
    "x-kubernetes-map-type": "atomic",
  });
  expect(types(3)[`${core}.Port`]).toEqual({
    type: "object",
    required: ["port"],
    properties: {
      port: { type: "integer", format: "int32", description: "Its number." },
      protocol: { type: "string", default: "TCP", enum: ["TCP", "UDP"] },
      target: { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString" },
    },
  });
});

test("v2 has no defaults and names its types differently", () => {
  const { properties } = types(2)[`${core}.Port`] as { properties: Record<string, unknown> };
  expect(properties["protocol"]).toEqual({ type: "string", enum: ["TCP", "UDP"] });
  expect(JSON.stringify(types(2))).toContain(`#/definitions/${core}.Port`);
});

test("types are named after the packages of upstream", () => {
  const named = (name: string) => openApiName(object(name, {}));
  expect(named("rbac.v1.Role")).toBe("io.k8s.api.rbac.v1.Role");
  expect(named("meta.v1.Status")).toBe("io.k8s.apimachinery.pkg.apis.meta.v1.Status");
  expect(named("com.example.v1.Tab")).toBe("com.example.v1.Tab");
});
