import { expect, test } from "vitest";
import { type FieldSchema, type ObjectSchema, qualifiedName } from "#machinery/schema/schema.ts";
import { reachableTypes } from "#machinery/schema/walk.ts";
import { allResources } from "./all.ts";
import { tokenRequest } from "./authentication/token-request.ts";
import { scale } from "./autoscaling/scale.ts";
import { apiGroups } from "./groups.ts";
import { deleteOptions } from "./meta/delete-options.ts";
import { status } from "./meta/status.ts";
import { watchEvent } from "./meta/watch-event.ts";
import { eviction } from "./policy/eviction.ts";

/**
 * The whole API in one golden file, a line per type and resource: whatever changes it shows up in
 * review. Rewrite with `vitest run -u src/apis/apis.test.ts`.
 */
test("types and resources are those of the golden listing", async () => {
  const extra = [deleteOptions, eviction, scale, status, tokenRequest, watchEvent];
  const roots: ObjectSchema[] = [...allResources.map(({ schema }) => schema), ...extra];
  const types = reachableTypes(roots).map(typeLine).toSorted();
  const resources = allResources.map((each) =>
    [
      `${each.apiVersion}/${each.plural}`,
      each.kind,
      each.namespaced ? "namespaced" : "cluster",
      [...each.shortNames, ...each.categories.map((category) => `*${category}`)].join(","),
      each.verbs.join(","),
      ...Object.entries(each.subresources).map(
        ([name, sub]) => `${name}=${sub.group}/${sub.version}/${sub.kind}:${sub.verbs.join(",")}`,
      ),
    ].join(" "),
  );
  await expect(`${[...resources, ...types].join("\n")}\n`).toMatchFileSnapshot("./golden.txt");
});

function typeLine(schema: ObjectSchema): string {
  const fields = Object.entries(schema.fields).map(([name, field]) => `${name}:${text(field)}`);
  const kindMark = schema.isKind ? "!" : "";
  return `${qualifiedName(schema)}${kindMark} ${schema.mapType ?? ""} ${fields.join(" ")}`;
}

/** `list<string>#3*` and what else there is to say: tag, required, always, pointer, merge rules. */
function text(field: FieldSchema): string {
  const merge = [
    field.type === "list" ? (field.listType ?? "") : (field.mapType ?? ""),
    field.type === "list" ? (field.listMapKeys ?? []).join("+") : "",
    field.patchStrategy ?? "",
    field.patchMergeKey ?? "",
  ];
  const flags = [
    field.required ? "*" : "",
    field.always ? "!" : "",
    field.pointer ? "?" : "",
    field.omitZero ? "0" : "",
    field.default === undefined ? "" : `=${JSON.stringify(field.default)}`,
    merge.join("") === "" ? "" : `(${merge.join(",")})`,
  ];
  return `${typeOf(field)}#${[field.tag ?? ""].flat().join(".")}${flags.join("")}`;
}

function typeOf(field: FieldSchema): string {
  if (field.type === "struct") return field.schema.name;
  if (field.type === "structOr") return field.name;
  if (field.type === "list" || field.type === "map") return `${field.type}<${typeOf(field.item)}>`;
  return field.enum ? `${field.type}/${field.enum.length}` : field.type;
}

test("protobuf numbers are unique within a type", () => {
  for (const schema of reachableTypes(allResources.map((each) => each.schema))) {
    const tags = Object.values(schema.fields).flatMap(({ tag }) => tag?.toString() ?? []);
    expect(new Set(tags).size, schema.name).toBe(tags.length);
  }
});

test("groups and versions are those of the resources", () => {
  const served = new Set(allResources.map((each) => each.apiVersion));
  const listed = apiGroups.flatMap(({ name, versions }) =>
    versions.map((version) => (name === "" ? version : `${name}/${version}`)),
  );
  expect(new Set(listed)).toEqual(served);
});

test("a resource knows its URLs", () => {
  const pods = allResources.find((each) => each.plural === "pods");
  const deployments = allResources.find((each) => each.plural === "deployments");
  expect(pods?.path()).toBe("/api/v1/pods");
  expect(pods?.path("ns", "a b", "log")).toBe("/api/v1/namespaces/ns/pods/a%20b/log");
  expect(deployments?.path("ns")).toBe("/apis/apps/v1/namespaces/ns/deployments");
  expect(deployments?.subresources["scale"]).toMatchObject({ group: "autoscaling", kind: "Scale" });
  expect(deployments?.subresources["status"]).toMatchObject({ group: "apps", kind: "Deployment" });
});
