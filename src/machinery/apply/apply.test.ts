import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { type ManagedFieldsEntry, type ObjectMeta, objectMeta } from "../object-meta.ts";
import { int32, kind, list, map, object, string, struct } from "../schema/schema.ts";
import type { JsonObject } from "../schema/schema.ts";
import { FieldSet, pathText, subtract } from "./field-set.ts";
import { serverSideApply } from "./server-side-apply.ts";
import { type UpdateRecord, updateManagedFields } from "./update-managed-fields.ts";

const item = object("test.v1.Item", {
  name: string({ tag: 1, always: true }),
  image: string({ tag: 2 }),
});
const spec = object("test.v1.Spec", {
  replicas: int32({ tag: 1, pointer: true }),
  items: list(struct(item), { tag: 2, listType: "map", listMapKeys: ["name"] }),
  names: list(string(), { tag: 3, listType: "set" }),
  commands: list(string(), { tag: 4, listType: "atomic" }),
  selector: map(string(), { tag: 5, mapType: "atomic" }),
});
const schema = kind("test.v1.Thing", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct(spec, { tag: 2 }),
  status: struct(object("test.v1.Status", { count: int32({ tag: 1 }) }), { tag: 3 }),
});

const now = "2026-01-01T00:00:00Z";
const later = "2026-01-02T00:00:00Z";
const base = { schema, apiVersion: "v1", subresource: "", now, resetFields: ["status"] };

function thing(specValue: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "x", ...metadata }, spec: specValue };
}

interface Options {
  manager?: string;
  force?: boolean;
  at?: string;
}

function apply(
  live: JsonObject | undefined,
  applied: JsonObject,
  options: Options = {},
): JsonObject {
  const { at = now, force = false, manager = "m" } = options;
  return serverSideApply({ ...base, now: at, manager, force, live, applied }).object;
}

function update(live: JsonObject | undefined, next: JsonObject, manager = "u"): JsonObject {
  const record = { ...base, manager, live, next } as unknown as UpdateRecord;
  const managedFields = updateManagedFields(record);
  const metadata = { ...(next["metadata"] as JsonObject) };
  delete metadata["managedFields"];
  if (managedFields) metadata["managedFields"] = managedFields as unknown as JsonObject[];
  return { ...next, metadata };
}

function owners(live: JsonObject): Record<string, unknown> {
  const { managedFields = [] } = live["metadata"] as { managedFields?: ManagedFieldsEntry[] };
  return Object.fromEntries(
    managedFields.map(({ fieldsV1, manager, operation }) => [`${manager} ${operation}`, fieldsV1]),
  );
}

function failure(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("sets of fields", () => {
  const fields = { "f:a": { ".": {}, "f:b": {} }, "f:c": {} };

  test("are written as they were read", () => {
    expect(FieldSet.from(fields).toFields()).toEqual(fields);
  });

  test("can be joined, intersected and taken from each other", () => {
    const left = FieldSet.from(fields);
    const right = FieldSet.from({ "f:a": { "f:b": {} }, "f:d": {} });
    expect(left.union(right).toFields()).toEqual({ ...fields, "f:d": {} });
    expect(left.intersection(right).toFields()).toEqual({ "f:a": { "f:b": {} } });
    expect(left.difference(right).toFields()).toEqual({ "f:a": {}, "f:c": {} });
    expect(subtract(fields, right)).toEqual({ "f:a": {}, "f:c": {} });
    expect(subtract(fields, FieldSet.from({ "f:d": {} }))).toBe(fields);
    expect(subtract({ "f:c": {} }, left)).toBeUndefined();
  });

  test("name paths in messages", () => {
    const path = ["f:spec", 'k:{"port":80,"protocol":"TCP"}', 'v:"x"', "i:3"];
    expect(pathText(path)).toBe('.spec[port=80,protocol="TCP"][="x"][3]');
  });
});

describe("updates", () => {
  test("own what they set", () => {
    const live = update(undefined, thing({ replicas: 1, items: [{ name: "a", image: "1" }] }));
    const item = { ".": {}, "f:image": {}, "f:name": {} };
    expect(owners(live)).toEqual({
      "u Update": {
        "f:spec": { "f:items": { ".": {}, 'k:{"name":"a"}': item }, "f:replicas": {} },
      },
    });
  });

  test("take over what they change, and release what they remove", () => {
    const live = update(undefined, thing({ replicas: 1, commands: ["a"] }));
    const changed = { ...live, spec: { replicas: 2 } };
    expect(owners(update(live, changed, "v"))).toEqual({
      "v Update": { "f:spec": { "f:replicas": {} } },
    });
  });

  test("that change nothing leave everything as it is", () => {
    const live = update(undefined, thing({ replicas: 1 }));
    expect(update(live, structuredClone(live), "v")).toEqual(live);
  });

  test("do not track objects that were not tracked", () => {
    const live = thing({ replicas: 1 });
    expect(owners(update(live, thing({ replicas: 2 })))).toEqual({});
  });

  test("own nothing of what their endpoint resets", () => {
    const next = { ...thing({}), status: { count: 1 } };
    expect(owners(update(undefined, next))).toEqual({});
  });
});

describe("applies", () => {
  test("create what is not there", () => {
    const live = apply(undefined, thing({ replicas: 1, names: ["b", "a"] }));
    expect(live["spec"]).toEqual({ replicas: 1, names: ["b", "a"] });
    expect(owners(live)).toEqual({
      "m Apply": { "f:spec": { "f:names": { 'v:"a"': {}, 'v:"b"': {} }, "f:replicas": {} } },
    });
  });

  test("merge with what others set", () => {
    const live = update(undefined, thing({ items: [{ name: "a", image: "1" }] }));
    const next = apply(live, thing({ items: [{ name: "b", image: "1" }], names: ["n"] }));
    const items = [
      { name: "a", image: "1" },
      { name: "b", image: "1" },
    ];
    expect(next["spec"]).toMatchObject({ items, names: ["n"] });
  });

  test("remove what they no longer say, unless somebody else has it", () => {
    const both = { replicas: 1, items: [{ name: "a", image: "1" }], names: ["x", "y"] };
    const first = apply(undefined, thing(both));
    const second = apply(first, thing({ names: ["x"] }), { manager: "n" });
    const third = apply(second, thing({ replicas: 1 }));
    expect(third["spec"]).toEqual({ replicas: 1, names: ["x"] });
    expect(owners(third)).toEqual({
      "m Apply": { "f:spec": { "f:replicas": {} } },
      "n Apply": { "f:spec": { "f:names": { 'v:"x"': {} } } },
    });
  });

  test("conflict where they would change what others have", () => {
    const live = update(undefined, thing({ replicas: 1, selector: { a: "1" } }));
    const one = failure(() => apply(live, thing({ replicas: 2 })));
    expect(one.code).toBe(409);
    expect(one.message).toBe(
      `Apply failed with 1 conflict: conflict with "u" using v1 at ${now}: .spec.replicas`,
    );
    const two = failure(() => apply(live, thing({ replicas: 2, selector: {} })));
    expect(two.details?.causes?.map(({ field, reason }) => [reason, field])).toEqual([
      ["FieldManagerConflict", ".spec.replicas"],
      ["FieldManagerConflict", ".spec.selector"],
    ]);
  });

  test("share what they agree on", () => {
    const live = update(undefined, thing({ replicas: 1 }));
    expect(owners(apply(live, thing({ replicas: 1 })))).toEqual({
      "m Apply": { "f:spec": { "f:replicas": {} } },
      "u Update": { "f:spec": { "f:replicas": {} } },
    });
  });

  test("take by force", () => {
    const live = update(undefined, thing({ replicas: 1 }));
    const next = apply(live, thing({ replicas: 2 }), { force: true });
    expect(owners(next)).toEqual({ "m Apply": { "f:spec": { "f:replicas": {} } } });
  });

  test("that change nothing keep their time", () => {
    const live = apply(undefined, thing({ replicas: 1 }));
    expect(apply(live, thing({ replicas: 1 }), { at: later })).toEqual(live);
  });

  test("assume an owner for what nobody tracked", () => {
    const next = apply(thing({ replicas: 1 }), thing({ names: ["a"] }));
    expect(owners(next)).toEqual({
      "before-first-apply Update": { "f:spec": { "f:replicas": {} } },
      "m Apply": { "f:spec": { "f:names": { 'v:"a"': {} } } },
    });
  });

  test("do not fight with what kubectl set before", () => {
    const name = "kubectl.kubernetes.io/last-applied-configuration";
    const last = JSON.stringify(thing({ replicas: 1 }));
    const created = thing({ replicas: 1 }, { annotations: { [name]: last } });
    const live = update(undefined, created, "kubectl-client-side-apply");
    const next = apply(live, thing({ replicas: 2 }), { manager: "kubectl" });
    expect(next["spec"]).toEqual({ replicas: 2 });
    const annotations = (next["metadata"] as JsonObject)["annotations"] as Record<string, string>;
    expect(JSON.parse(annotations[name] ?? "")).toEqual(thing({ replicas: 2 }));
  });

  test.each<[string, JsonObject, number, string]>([
    ["another version", { ...thing({}), apiVersion: "v2" }, 400, "Incorrect version"],
    ["managed fields", thing({}, { managedFields: [{}] }), 400, "must be nil"],
    ["unknown fields", thing({ nope: 1 }), 500, ".spec.nope: field not declared in schema"],
    ["wrong types", thing({ replicas: "x" }), 500, ".spec.replicas: expected numeric"],
    ["doubles", thing({ names: ["a", "a"] }), 500, "duplicate entries"],
  ])("may not have %s", (_, applied, code, text) => {
    const error = failure(() => apply(undefined, applied));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });
});
