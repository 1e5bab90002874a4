import { expect, test } from "vitest";

import { compileMessages, jsonName } from "./messages.ts";
import { WireError } from "./wire.ts";

const table = {
  messages: {
    All: {
      a_string: [1, "string"],
      an_int64: [2, "int64"],
      a_uint64: [3, "uint64"],
      negative: [4, "int32"],
      flag: [5, "bool"],
      data: [6, "bytes"],
      numbers: [7, "int64", "repeated"],
      names: [8, "string", "repeated"],
      labels: [9, "map<string,string>"],
      child: [10, "All"],
      children: [11, "All", "repeated"],
      kind: [12, "Kind"],
      ratio: [13, "double"],
      left: [14, "string", "oneof side"],
      right: [15, "int32", "oneof side"],
      by_number: [16, "map<int32,All>"],
      zigzag: [17, "sint64"],
      fixed: [18, "sfixed64"],
    },
    Newer: { extra: [99, "string"], a_string: [1, "string"] },
  },
  enums: { "All.Kind": { NONE: 0, SOME: 3 } },
} as const;
const codec = compileMessages(table);
const sparse = compileMessages(table, { zeroValues: false });

const roundTrip = (value: object) => sparse.decode("All", sparse.encode("All", value));

test.each([
  { aString: "héllo" },
  { aString: "x".repeat(5_000) },
  { anInt64: -1 },
  { anInt64: Number.MAX_SAFE_INTEGER, aUint64: 2 ** 33 },
  { negative: -7, flag: true, ratio: 1.5, zigzag: -(2 ** 40), fixed: -3 },
  { data: Buffer.of(0, 255, 128) },
  { numbers: [0, 1, -1, 2 ** 40], names: ["", "b"] },
  { labels: { a: "1", "": "", ["__proto__"]: "x" } },
  { child: { child: { children: [{ aString: "deep" }, {}] } } },
  { kind: "SOME" },
  { right: 0 },
  { byNumber: { "-4": { aString: "v" } } },
])("round trip %j", (value) => {
  expect(JSON.stringify(roundTrip(value))).toBe(JSON.stringify(value));
});

test("the bytes are protobuf's", () => {
  expect(
    Buffer.from(codec.encode("All", { aString: "testing", anInt64: 150 })).toString("hex"),
  ).toBe("0a0774657374696e67109601");
  expect(codec.encode("All", { numbers: [3, 270, 86942] })).toEqual(
    Buffer.from("3a06038e029ea705", "hex"),
  );
});

test("absent fields decode to proto3's zero values, one-of members and messages stay absent", () => {
  expect(codec.decode("All", new Uint8Array())).toMatchObject({
    aString: "",
    numbers: [],
    labels: {},
    kind: "NONE",
  });
  expect(codec.decode("All", new Uint8Array())).not.toHaveProperty("child");
  expect(codec.decode("All", new Uint8Array())).not.toHaveProperty("left");
});

test("the last member of a one-of wins", () => {
  const both = Buffer.concat([
    codec.encode("All", { left: "l" }),
    codec.encode("All", { right: 1 }),
  ]);
  expect(sparse.decode("All", both)).toEqual({ right: 1 });
});

test("unknown fields and enum values survive as skipped and as numbers", () => {
  const newer = codec.encode("Newer", { extra: "?", aString: "a" });
  expect(sparse.decode("All", newer)).toEqual({ aString: "a" });
  expect(sparse.decode("All", Uint8Array.of(0x60, 9))).toEqual({ kind: "9" });
});

test("unpacked numbers are read too", () => {
  expect(sparse.decode("All", Uint8Array.of(0x38, 1, 0x38, 2))).toEqual({ numbers: [1, 2] });
});

test("integers that a number cannot hold are refused, or rounded when asked", () => {
  const nanoseconds = Uint8Array.of(0x10, ...varint(1_700_000_000_123_456_789n));
  expect(() => codec.decode("All", nanoseconds)).toThrow(WireError);
  const rounding = compileMessages(table, { unsafeIntegers: "round" });
  expect(rounding.decode("All", nanoseconds)["anInt64"]).toBeCloseTo(1.7000000001234568e18, -3);
});

test.each(["0a", "0aff", "0a05616263", "ffffffffffffffffffffff01", "0000", "07", "6b6b6b6b"])(
  "malformed bytes %s are a WireError",
  (hex) => {
    expect(() => codec.decode("All", Buffer.from(hex, "hex"))).toThrow(WireError);
  },
);

test("random bytes never throw anything but WireError", () => {
  let state = 12345;
  const next = () => ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 16) & 0xff;
  for (let round = 0; round < 3_000; round++) {
    const bytes = Uint8Array.from({ length: next() % 40 }, next);
    try {
      codec.decode("All", bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  }
});

test("names follow proto3's JSON mapping", () => {
  expect(["pod_sandbox_id", "CDI_devices", "uidMappings", "Avg10"].map(jsonName)).toEqual([
    "podSandboxId",
    "CDIDevices",
    "uidMappings",
    "Avg10",
  ]);
});

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}
