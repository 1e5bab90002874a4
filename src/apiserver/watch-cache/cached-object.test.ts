import { expect, test } from "vitest";
import type { KubeObject } from "#machinery/meta.ts";
import { CachedObject, encodeStored, storedShape } from "./cached-object.ts";

const shape = storedShape("v1", "ConfigMap");

function configMap(): KubeObject {
  return {
    metadata: { name: "a", namespace: "n", labels: { ä: "ü" } },
    data: { k: "v" },
    apiVersion: "v1",
    kind: "ConfigMap",
  } as unknown as KubeObject;
}

test("the resourceVersion is spliced into the stored bytes and the object", () => {
  const object = configMap();
  const stored = encodeStored(shape, object);
  const cached = CachedObject.fromStored("/k", 17, shape, stored, object);
  expect(cached.json.toString()).toBe(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"17","name":"a",' +
      '"namespace":"n","labels":{"ä":"ü"}},"data":{"k":"v"}}',
  );
  expect(cached.object).toBe(object);
  expect(object.metadata.resourceVersion).toBe("17");
});

test("bytes in another order are put into ours, and a wrong resourceVersion in them is dropped", () => {
  const text =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"3"}}';
  const cached = CachedObject.fromStored("/k", 9, shape, Buffer.from(text));
  expect(cached.json.toString()).toBe(
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"9","name":"a"}}',
  );
});

test("the last state under another revision shares nothing that is written to", () => {
  const cached = CachedObject.fromStored("/k", 9, shape, encodeStored(shape, configMap()));
  const gone = cached.at(1_000);
  expect(gone.object.metadata.resourceVersion).toBe("1000");
  expect(JSON.parse(gone.json.toString())).toEqual(gone.object);
  expect(cached.object.metadata.resourceVersion).toBe("9");
});

test("a view is made once", () => {
  const cached = CachedObject.fromStored("/k", 9, shape, encodeStored(shape, configMap()));
  const other = storedShape("v2", "ConfigMap");
  let made = 0;
  const view = {};
  const make = (object: KubeObject) => {
    made++;
    return { ...object, apiVersion: "v2", metadata: { ...object.metadata } };
  };
  const first = cached.view(view, make, other);
  expect(cached.view(view, make, other)).toBe(first);
  expect(made).toBe(1);
  expect(first.json.toString()).toContain('"apiVersion":"v2","metadata":{');
});
