import { describe, expect, test } from "vitest";
import { listSchemaOf } from "#machinery/list-schema.ts";
import { decodeProto } from "#machinery/protobuf/decode-object.ts";
import { encodeProto } from "#machinery/protobuf/encode-object.ts";
import { encodeEnveloped, isEnveloped, unwrap, watchFrame } from "#machinery/protobuf/envelope.ts";
import { WireError } from "#machinery/protobuf/wire.ts";
import { decode } from "#machinery/schema/decode.ts";
import type { FieldSchema, ObjectSchema } from "#machinery/schema/schema.ts";
import { allResources } from "./all.ts";
import { type ConfigMap, configMap, configMaps } from "./core/config-map.ts";
import { services } from "./core/service.ts";

/** An object of the type in which every field is set, down to some depth. */
function sample(schema: ObjectSchema, depth = 0): object {
  const fields = Object.entries(schema.fields).filter(([, { tag }]) => tag !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, valueOf(field, depth)]));
}

function valueOf(field: FieldSchema, depth: number): unknown {
  switch (field.type) {
    case "struct":
      return depth > 12 || field.schema.name === "JSONSchemaProps"
        ? {}
        : sample(field.schema, depth + 1);
    case "structOr":
      return { type: "string" };
    case "list":
      return [valueOf(field.item, depth), valueOf(field.item, depth)];
    case "map":
      return {
        b: valueOf(field.item, depth),
        a: valueOf(field.item, depth),
        ä: valueOf(field.item, depth),
      };
    case "bool":
      return true;
    case "int32":
      return -5;
    case "int64":
    case "int":
      return 2 ** 40;
    case "double":
      return 1.5;
    case "bytes":
      return "AAEC";
    case "time":
      return "2024-01-02T03:04:05Z";
    case "microTime":
      return "2024-01-02T03:04:05.000006Z";
    case "quantity":
      return "1500m";
    case "intOrString":
      return "25%";
    case "duration":
    case "string":
      return "text, also longer than forty characters: ä€";
    case "rawExtension":
    case "fieldsV1":
    case "json":
    case "any":
      return { "f:a": { ".": {} } };
  }
}

describe("whatever is written is read back", () => {
  test.each(allResources.map((each) => [`${each.apiVersion} ${each.kind}`, each] as const))(
    "%s",
    (_, { schema }) => {
      for (const value of [sample(schema), {}]) {
        const object = decode(schema, value) as object;
        expect(decodeProto(schema, encodeProto(schema, object))).toEqual(object);
      }
    },
  );

  test("of a list", () => {
    const schema = listSchemaOf(configMaps);
    const list = decode(schema, {
      metadata: { resourceVersion: "5" },
      items: [{ metadata: { name: "a" }, data: { k: "v" } }],
    });
    expect(decodeProto(schema, encodeProto(schema, list))).toEqual(list);
  });
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const metaOfX = "0a11 0a0178 1200 1a00 2200 2a00 3200 3800 4200".replaceAll(" ", "");

const entryB = "12060a0162120132";

test("bytes are upstream's: scalars that are no pointers are written, maps sorted", () => {
  const object = decode(configMap, { metadata: { name: "x" }, data: { b: "2", a: "" } });
  const entries = "12050a01611200" + entryB;
  expect(hex(encodeProto(configMap, object))).toBe(metaOfX + entries);
});

test("an envelope names the type", () => {
  const object: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };
  const bytes = encodeEnveloped(configMap, object);
  expect(hex(bytes)).toBe(
    ["6b387300", "0a0f0a0276311209436f6e6669674d6170", "1213", metaOfX, "1a002200"].join(""),
  );
  expect(isEnveloped(bytes)).toBe(true);
  const { raw, ...type } = unwrap(bytes);
  expect(type).toEqual({ apiVersion: "v1", kind: "ConfigMap", contentType: "" });
  expect(decodeProto(configMap, raw)).toEqual({ metadata: { name: "x" } });
  expect(() => unwrap(Buffer.from("{}"))).toThrow(WireError);
});

test("unknown fields are passed over, broken bytes refused", () => {
  const object = decode(configMap, { metadata: { name: "x" } });
  const bytes = Buffer.concat([encodeProto(configMap, object), Buffer.from("fa3e0161", "hex")]);
  expect(decodeProto(configMap, bytes)).toEqual(object);
  expect(() => decodeProto(configMap, bytes.subarray(0, 9))).toThrow(WireError);
});

test("a port is a number or a name", () => {
  const object = decode(services.schema, {
    spec: {
      ports: [
        { port: 1, targetPort: 8080 },
        { port: 2, targetPort: "http" },
      ],
    },
  });
  expect(decodeProto(services.schema, encodeProto(services.schema, object))).toEqual(object);
});

test("a watch frame starts with its length", () => {
  expect(hex(watchFrame("ADDED", Buffer.from("ab")))).toBe(
    "0000000d0a0541444445441204 0a026162".replace(" ", ""),
  );
});
