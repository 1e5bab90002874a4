import { expect, test } from "vitest";
import type { FieldError } from "../field-error.ts";
import { nameIsSubdomain } from "../names.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

type Meta = Partial<ObjectMeta>;
const names = { namespaced: true, validateName: nameIsSubdomain };
const good: Meta = { name: "a", namespace: "n", uid: "u", resourceVersion: "1" };
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "1" };

const causes = (errors: readonly FieldError[]) =>
  errors.map(({ field, type }) => `${type.replace("FieldValue", "")} ${field}`);

test.each<[string, Meta, string[]]>([
  ["nothing", {}, []],
  ["no name", { name: "" }, ["Required metadata.name"]],
  ["a bad name", { name: "A" }, ["Invalid metadata.name"]],
  ["a bad prefix", { generateName: "A-" }, ["Invalid metadata.generateName"]],
  ["no namespace", { namespace: "" }, ["Required metadata.namespace"]],
  ["a bad namespace", { namespace: "a.b" }, ["Invalid metadata.namespace"]],
  ["a bad label", { labels: { "a b": "c" } }, ["Invalid metadata.labels"]],
  ["a bad label value", { labels: { a: "b c" } }, ["Invalid metadata.labels"]],
  [
    "a bad annotation",
    { annotations: { "a b": "anything goes" } },
    ["Invalid metadata.annotations"],
  ],
  [
    "huge annotations",
    { annotations: { a: "x".repeat(256 * 1024) } },
    ["TooLong metadata.annotations"],
  ],
  ["a bad finalizer", { finalizers: ["a b"] }, ["Invalid metadata.finalizers"]],
  [
    "an owner without uid",
    { ownerReferences: [{ ...owner, uid: "" }] },
    ["Invalid metadata.ownerReferences.uid"],
  ],
  [
    "two controllers",
    {
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, uid: "2", controller: true },
      ],
    },
    ["Invalid metadata.ownerReferences"],
  ],
  ["a negative generation", { generation: -1 }, ["Invalid metadata.generation"]],
])("a new object with %s", (_, meta, expected) => {
  expect(causes(validateObjectMeta({ ...good, ...meta }, names))).toEqual(expected);
});

test("a cluster's object has no namespace", () => {
  const errors = validateObjectMeta(good, { ...names, namespaced: false });
  expect(causes(errors)).toEqual(["Forbidden metadata.namespace"]);
});

test.each<[string, Meta, Meta, string[]]>([
  ["nothing", {}, {}, []],
  ["labels", { labels: { a: "b" } }, {}, []],
  ["its name", { name: "b" }, {}, ["Invalid metadata.name"]],
  ["its uid", { uid: "v" }, {}, ["Invalid metadata.uid"]],
  ["its namespace", { namespace: "m" }, {}, ["Invalid metadata.namespace"]],
  [
    "when it was made",
    { creationTimestamp: "2026-01-01T00:00:00Z" },
    {},
    ["Invalid metadata.creationTimestamp"],
  ],
  [
    "that it is being deleted",
    { deletionTimestamp: "2026-01-01T00:00:00Z" },
    {},
    ["Invalid metadata.deletionTimestamp"],
  ],
  ["its generation, backwards", {}, { generation: 2 }, ["Invalid metadata.generation"]],
  ["its revision, to none", { resourceVersion: "" }, {}, ["Invalid metadata.resourceVersion"]],
])("an update that changes %s", (_, meta, old, expected) => {
  const errors = validateObjectMetaUpdate({ ...good, ...meta }, { ...good, ...old });
  expect(causes(errors)).toEqual(expected);
});

test("what is being deleted gets no more finalizers", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const old = { ...good, deletionTimestamp, finalizers: ["a.b/c", "a.b/d"] };
  const fewer = { ...old, finalizers: ["a.b/d"] };
  const more = { ...old, finalizers: ["a.b/c", "a.b/e"] };
  expect(causes(validateObjectMetaUpdate(fewer, old))).toEqual([]);
  expect(causes(validateObjectMetaUpdate(more, old))).toEqual(["Forbidden metadata.finalizers"]);
});
