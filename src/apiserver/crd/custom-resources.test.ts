import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CustomResourceDefinition } from "#apis/apiextensions/custom-resource-definition.ts";
import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import type { KubeList, KubeObject } from "#machinery/meta.ts";
import { CustomServer, definition, until, widgetVersion } from "#testkit/custom-server.ts";

let api: CustomServer;
beforeEach(async () => void (api = await CustomServer.start()));
afterEach(() => api[Symbol.asyncDispose]());

type Widget = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

const widgets = "/apis/example.com/v1/namespaces/n/widgets";
const widget = (name: string, spec: object = {}, version = "v1") => ({
  apiVersion: `example.com/${version}`,
  kind: "Widget",
  metadata: { name },
  spec,
});
const withSchema = (spec: JSONSchemaProps) =>
  widgetVersion("v1", { type: "object", properties: { spec: { type: "object", ...spec } } });

describe("definitions", () => {
  test("are established when their names are free, and served from then on", async () => {
    await api.define(definition());
    const crd = await api.get<CustomResourceDefinition>(api.definitions("widgets"));
    expect(
      crd.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    ).toEqual([
      ["NamesAccepted", "True", "NoConflicts"],
      ["Established", "True", "InitialNamesAccepted"],
    ]);
    expect(crd.status?.acceptedNames.kind).toBe("Widget");
    expect((await api.post<Widget>(widgets, widget("a"))).metadata.generation).toBe(1);
  });

  test("wait for names that others of their group have", async () => {
    await api.define(definition());
    const other = definition({ plural: "gadgets", kind: "Gadget", shortNames: ["widget"] });
    await api.post(api.definitions(), other);
    const conditions = async () => {
      const crd = await api.get<CustomResourceDefinition>(api.definitions("gadgets"));
      return crd.status?.conditions ?? [];
    };
    await until(async () => (await conditions()).length > 0);
    expect(await conditions()).toMatchObject([
      {
        type: "NamesAccepted",
        status: "False",
        reason: "ShortNamesConflict",
        message: '"widget" is already in use',
      },
      {
        type: "Established",
        status: "False",
        reason: "NotAccepted",
        message: "not all names are accepted",
      },
    ]);
    await api.delete(api.definitions("widgets"));
    await until(async () => (await conditions())[1]?.status === "True");
    await api.get("/apis/example.com/v1/namespaces/n/gadgets");
  });

  test("of protected groups say whether they were approved", async () => {
    const annotations = { "api-approved.kubernetes.io": "unapproved, an experiment" };
    await api.define(definition({ group: "x.k8s.io", annotations }));
    const { status } = await api.get<CustomResourceDefinition>(
      api.definitions("widgets", "x.k8s.io"),
    );
    expect(status?.conditions?.at(-1)).toMatchObject({
      type: "KubernetesAPIApprovalPolicyConformant",
      status: "False",
      reason: "UnapprovedAPI",
      message: 'not approved: "unapproved, an experiment"',
    });
    await expect(
      api.post(api.definitions(), definition({ group: "y.k8s.io" })),
    ).rejects.toMatchObject({
      details: { causes: [{ field: "metadata.annotations[api-approved.kubernetes.io]" }] },
    });
  });

  test("go when their objects have gone", async () => {
    await api.define(definition());
    await api.post(widgets, widget("a"));
    const finalized = widget("b");
    await api.post(widgets, {
      ...finalized,
      metadata: { name: "b", finalizers: ["example.com/wait"] },
    });
    await api.delete(api.definitions("widgets"));
    await until(
      async () => (await api.get<Widget>(`${widgets}/b`)).metadata.deletionTimestamp !== undefined,
    );
    await expect(api.get(`${widgets}/a`)).rejects.toMatchObject({ reason: "NotFound" });
    await expect(api.post(widgets, widget("c"))).rejects.toMatchObject({
      message: expect.stringContaining(
        "create not allowed while custom resource definition is terminating",
      ),
    });
    await api.patch(`${widgets}/b`, { metadata: { finalizers: null } });
    await until(() =>
      api.get(api.definitions("widgets")).then(
        () => false,
        () => true,
      ),
    );
    await expect(api.get(widgets)).rejects.toMatchObject({ code: 404 });
  });

  test("that change leave everything else alone", async () => {
    await api.define(definition());
    await api.define(definition({ plural: "gadgets", kind: "Gadget" }));
    using gadgets = api.watch("/apis/example.com/v1/gadgets");
    using changing = api.watch("/apis/example.com/v1/widgets");
    await api.patch(api.definitions("widgets"), {
      spec: { versions: [withSchema({ properties: { a: { type: "string", default: "d" } } })] },
    });
    await changing.ended;
    await api.post("/apis/example.com/v1/namespaces/n/gadgets", { ...widget("g"), kind: "Gadget" });
    expect((await gadgets.next()).object.metadata.name).toBe("g");
  });
});

describe("objects", () => {
  test("are pruned and given defaults, also those from before", async () => {
    await api.define(
      definition({ versions: [withSchema({ properties: { a: { type: "string" } } })] }),
    );
    const made = await api.post<Widget>(widgets, widget("a", { a: "1", b: 2 }));
    expect(made.spec).toEqual({ a: "1" });
    const properties: JSONSchemaProps["properties"] = {
      a: { type: "string" },
      later: { type: "object", default: {}, properties: { x: { type: "integer", default: 3 } } },
    };
    await api.patch(api.definitions("widgets"), {
      spec: { versions: [withSchema({ properties })] },
    });
    const now = async () => (await api.get<Widget>(`${widgets}/a`)).spec;
    await until(async () => Object.hasOwn((await now()) ?? {}, "later"));
    expect(await now()).toEqual({ a: "1", later: { x: 3 } });
  });

  test("are refused in upstream's words", async () => {
    const replicas: JSONSchemaProps = { type: "integer", maximum: 5 };
    await api.define(
      definition({
        versions: [
          withSchema({ required: ["name"], properties: { replicas, name: { type: "string" } } }),
        ],
      }),
    );
    await expect(api.post(widgets, widget("a", { replicas: "x" }))).rejects.toMatchObject({
      code: 422,
      message:
        'Widget.example.com "a" is invalid: [spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string", spec.name: Required value]',
    });
    const strict = api.post(
      `${widgets}?fieldValidation=Strict`,
      widget("b", { name: "n", nope: 1 }),
    );
    await expect(strict).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('unknown field "spec.nope"'),
    });
    await expect(api.post(widgets, { ...widget("a"), kind: "Gadget" })).rejects.toMatchObject({
      code: 422,
      details: { causes: [{ field: "kind", message: 'Invalid value: "Gadget": must be Widget' }] },
    });
  });

  test("have status and scale of their own", async () => {
    const subresources = {
      status: {},
      scale: {
        specReplicasPath: ".spec.replicas",
        statusReplicasPath: ".status.replicas",
        labelSelectorPath: ".status.selector",
      },
    };
    const free = { "x-kubernetes-preserve-unknown-fields": true };
    const version = { ...withSchema(free), subresources };
    version.schema.openAPIV3Schema.properties!["status"] = { type: "object", ...free };
    await api.define(definition({ versions: [version] }));
    const made = await api.post<Widget>(widgets, {
      ...widget("a", { replicas: 2 }),
      status: { replicas: 9 },
    });
    expect(made.status).toBeUndefined();
    await api.patch(`${widgets}/a/status`, {
      spec: { replicas: 7 },
      status: { replicas: 1, selector: "a=b" },
    });
    expect(await api.get(`${widgets}/a/scale`)).toMatchObject({
      kind: "Scale",
      spec: { replicas: 2 },
      status: { replicas: 1, selector: "a=b" },
    });
    await api.patch(`${widgets}/a/scale`, { spec: { replicas: 4 } });
    expect(await api.get(`${widgets}/a`)).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 4 },
      status: { replicas: 1 },
    });
  });

  test("are served in all versions, whatever they are stored in", async () => {
    const versions = (stored: string) =>
      ["v1", "v2"].map((name) => ({ ...widgetVersion(name), storage: name === stored }));
    await api.define(definition({ versions: versions("v1") }));
    await api.post(widgets, widget("old", { a: 1 }));
    await api.patch(api.definitions("widgets"), { spec: { versions: versions("v2") } });
    await until(async () => {
      const crd = await api.get<CustomResourceDefinition>(api.definitions("widgets"));
      return crd.status?.storedVersions?.includes("v2") === true;
    });
    await api.post("/apis/example.com/v2/namespaces/n/widgets", widget("new", { a: 2 }, "v2"));
    for (const version of ["v1", "v2"]) {
      const list = await api.get<KubeList<Widget>>(`/apis/example.com/${version}/widgets`);
      expect(list.items.map(({ apiVersion, metadata }) => [apiVersion, metadata.name])).toEqual([
        [`example.com/${version}`, "new"],
        [`example.com/${version}`, "old"],
      ]);
    }
  });

  test("are there again after a restart", async () => {
    await api.define(definition());
    await api.post(widgets, widget("a", { x: 1 }));
    await api.restart();
    expect((await api.get<Widget>(`${widgets}/a`)).spec).toEqual({ x: 1 });
    using watch = api.watch("/apis/example.com/v1/widgets");
    expect((await watch.next()).object.metadata.name).toBe("a");
  });

  test("are selected by the fields that their definition names", async () => {
    const properties: JSONSchemaProps["properties"] = { color: { type: "string" } };
    const selectableFields = [{ jsonPath: ".spec.color" }];
    await api.define(
      definition({ versions: [{ ...withSchema({ properties }), selectableFields }] }),
    );
    await api.post(widgets, widget("a", { color: "red" }));
    await api.post(widgets, widget("b", { color: "blue" }));
    using red = api.watch(`${widgets}?fieldSelector=spec.color=red`);
    expect((await red.next()).object.metadata.name).toBe("a");
    await api.patch(`${widgets}/a`, { spec: { color: "blue" } });
    expect((await red.next()).type).toBe("DELETED");
    const list = await api.get<KubeList<Widget>>(`${widgets}?fieldSelector=spec.color=blue`);
    expect(list.items).toHaveLength(2);
    await expect(api.get(`${widgets}?fieldSelector=spec.size=1`)).rejects.toMatchObject({
      code: 400,
    });
  });
});
