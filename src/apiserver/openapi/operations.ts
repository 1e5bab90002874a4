import type { GroupVersionKind, Resource, Subresource } from "#machinery/resource.ts";
import {
  connectParameters,
  createParameters,
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  logParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  patchParameters,
  pathParameter,
  prettyParameter,
} from "./parameters.ts";
import { rootOf } from "./root.ts";

/**
 * What can be done with a resource, path by path: the part of a document that is the same in
 * OpenAPI v2 and v3. Names of operations follow upstream's rules, since clients are generated from
 * them.
 */

export type Method = "get" | "put" | "post" | "delete" | "options" | "head" | "patch";

/** What a body is: the kind of an object, or one of the shared types. */
export type BodyType = GroupVersionKind | "DeleteOptions" | "Patch" | "Status" | "text";

export interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly description: string;
  /** `x-kubernetes-action`. */
  readonly action: string;
  readonly kind: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly type: BodyType; readonly required: boolean };
  readonly answer: BodyType;
  /** The codes of success. */
  readonly codes: readonly number[];
  readonly isList?: boolean;
}

export interface Path {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

/** Kinds whose deletion answers with the object instead of a Status. */
const answersWithObject = new Set([
  "CSIDriver",
  "CSINode",
  "DeviceClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ResourceClaim",
  "ResourceClaimTemplate",
  "ResourceQuota",
  "ResourceSlice",
  "Service",
  "ServiceAccount",
  "StorageClass",
  "VolumeAttachment",
  "VolumeAttributesClass",
]);

/** All paths of a resource. */
export function resourcePaths(resource: Resource): Path[] {
  const { namespaced, verbs } = resource;
  const root = rootOf(resource);
  const collection = `${root}${namespaced ? "/namespaces/{namespace}" : ""}/${resource.plural}`;
  const within = namespaced ? [namespaceParameter] : [];
  const paths: Path[] = [
    {
      path: collection,
      parameters: [...within, prettyParameter],
      operations: onCollection(resource),
    },
  ];
  if (namespaced && verbs.includes("list")) {
    paths.push({
      path: `${root}/${resource.plural}`,
      parameters: [prettyParameter],
      operations: [listOperation(resource, true)],
    });
  }
  const ofObject = [nameParameter(resource.kind), ...within, prettyParameter];
  const object = { path: `${collection}/{name}`, parameters: ofObject };
  const operations = onObject(resource);
  if (operations.length > 0) paths.push({ ...object, operations });
  for (const [name, subresource] of Object.entries(resource.subresources)) {
    paths.push(...subresourcePaths(resource, name, subresource, object));
  }
  return paths.filter((path) => path.operations.length > 0);
}

/** `CoreV1`, `RbacAuthorizationV1`: the middle of an operation's name. */
export function groupTitle({ group, version }: { group: string; version: string }): string {
  return (group === "" ? "Core" : titles(group)) + title(version);
}

/** `core_v1`, `rbacAuthorization_v1`: what the operations of a version are tagged with. */
export function tagOf({ group, version }: { group: string; version: string }): string {
  const text = group === "" ? "core" : titles(group);
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}_${version}`;
}

function titles(group: string): string {
  return group
    .replace(/\.k8s\.io$/, "")
    .split(/[.-]/)
    .map(title)
    .join("");
}

function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function scopedKind({ namespaced, kind }: Resource): string {
  return `${namespaced ? "Namespaced" : ""}${kind}`;
}

function listOperation(resource: Resource, everywhere: boolean): Operation {
  const name = everywhere ? `${resource.kind}ForAllNamespaces` : scopedKind(resource);
  return {
    method: "get",
    id: `list${groupTitle(resource)}${name}`,
    description: `List or watch ${resource.plural}${everywhere ? " of all namespaces" : ""}.`,
    action: "list",
    kind: resource.gvk,
    parameters: listParameters,
    answer: { ...resource.gvk, kind: resource.listKind },
    codes: [200],
    isList: true,
  };
}

function onCollection(resource: Resource): Operation[] {
  const { verbs, gvk } = resource;
  const operations: Operation[] = [];
  if (verbs.includes("list")) operations.push(listOperation(resource, false));
  if (verbs.includes("create")) {
    operations.push({
      method: "post",
      id: `create${groupTitle(resource)}${scopedKind(resource)}`,
      description: `Create a ${resource.kind}.`,
      action: "post",
      kind: gvk,
      parameters: createParameters,
      body: { type: gvk, required: true },
      answer: gvk,
      codes: [200, 201, 202],
    });
  }
  if (verbs.includes("deletecollection")) {
    operations.push({
      method: "delete",
      id: `delete${groupTitle(resource)}Collection${scopedKind(resource)}`,
      description: `Delete ${resource.plural}.`,
      action: "deletecollection",
      kind: gvk,
      parameters: deleteCollectionParameters,
      body: { type: "DeleteOptions", required: false },
      answer: "Status",
      codes: [200],
    });
  }
  return operations;
}

function onObject(resource: Resource): Operation[] {
  const { verbs, gvk, kind } = resource;
  const suffix = groupTitle(resource) + scopedKind(resource);
  const operations = wholeObject(suffix, `a ${kind}`, gvk, gvk).filter(({ action }) =>
    verbs.includes(verbOf(action)),
  );
  if (verbs.includes("delete")) {
    operations.push({
      method: "delete",
      id: `delete${suffix}`,
      description: `Delete a ${kind}.`,
      action: "delete",
      kind: gvk,
      parameters: deleteParameters,
      body: { type: "DeleteOptions", required: false },
      answer: answersWithObject.has(kind) ? gvk : "Status",
      codes: [200, 202],
    });
  }
  return operations;
}

/** Get, replace and patch. */
function wholeObject(
  suffix: string,
  what: string,
  kind: GroupVersionKind,
  type: GroupVersionKind,
): Operation[] {
  const common = { kind, answer: type };
  return [
    {
      ...common,
      method: "get",
      id: `read${suffix}`,
      description: `Read ${what}.`,
      action: "get",
      parameters: [],
      codes: [200],
    },
    {
      ...common,
      method: "put",
      id: `replace${suffix}`,
      description: `Replace ${what}.`,
      action: "put",
      parameters: createParameters,
      body: { type, required: true },
      codes: [200, 201],
    },
    {
      ...common,
      method: "patch",
      id: `patch${suffix}`,
      description: `Change parts of ${what}.`,
      action: "patch",
      parameters: patchParameters,
      body: { type: "Patch", required: true },
      codes: [200, 201],
    },
  ];
}

function verbOf(action: string): "get" | "patch" | "update" | "create" {
  if (action === "put") return "update";
  return action === "post" ? "create" : (action as "get" | "patch");
}

function subresourcePaths(
  resource: Resource,
  name: string,
  subresource: Subresource,
  object: Omit<Path, "operations">,
): Path[] {
  const path = { path: `${object.path}/${name}`, parameters: object.parameters };
  const { group, version, kind, verbs } = subresource;
  const gvk = { group, version, kind };
  const suffix = `${groupTitle(resource)}${scopedKind(resource)}${title(name)}`;
  const connect = connectParameters[`${resource.plural}/${name}`];
  if (connect && resource.group === "") return connectPaths(resource, name, gvk, path, connect);
  const what = `${name} of a ${resource.kind}`;
  if (name === "log") {
    const [read] = wholeObject(suffix, what, gvk, gvk);
    if (!read) return [];
    return [{ ...path, operations: [{ ...read, parameters: logParameters, answer: "text" }] }];
  }
  const operations = wholeObject(suffix, what, gvk, gvk).filter(({ action }) =>
    verbs.includes(verbOf(action)),
  );
  if (verbs.includes("create")) {
    operations.push({
      method: "post",
      id: `create${suffix}`,
      description: `Create ${what}.`,
      action: "post",
      kind: gvk,
      parameters: createParameters,
      body: { type: gvk, required: true },
      answer: gvk,
      codes: [200, 201, 202],
    });
  }
  return [{ ...path, operations }];
}

const proxyMethods: readonly Method[] = [
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
];

function connectPaths(
  resource: Resource,
  name: string,
  kind: GroupVersionKind,
  path: Omit<Path, "operations">,
  parameters: readonly Parameter[],
): Path[] {
  const operations = (suffix: string): Operation[] =>
    (name === "proxy" ? proxyMethods : (["get", "post"] as const)).map((method) => ({
      method,
      id:
        `connect${groupTitle(resource)}${title(method)}` +
        `${scopedKind(resource)}${title(name)}${suffix}`,
      description: `Connect to ${name} of a ${resource.kind}.`,
      action: "connect",
      kind,
      parameters: [],
      answer: "text",
      codes: [200],
    }));
  const [first, ...rest] = path.parameters;
  const base = [...(first ? [first] : []), ...rest.filter(({ name: each }) => each !== "pretty")];
  const paths: Path[] = [
    { path: path.path, parameters: [...base, ...parameters], operations: operations("") },
  ];
  if (name === "proxy") {
    paths.push({
      path: `${path.path}/{path}`,
      parameters: [...base, pathParameter, ...parameters],
      operations: operations("WithPath"),
    });
  }
  return paths;
}
