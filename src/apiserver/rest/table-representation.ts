import type { KubeObject, ListMeta } from "#machinery/meta.ts";
import { badRequest } from "#machinery/errors.ts";
import { contentTypes } from "../negotiate.ts";
import { printerFor } from "../tables/printers.ts";
import { scalePrinter } from "../tables/workloads.ts";
import { errorFrame, plainFrame } from "./json-representation.ts";
import type { Representation, RepresentationRequest } from "./representation.ts";
import { present } from "./served.ts";

/** A Table of the columns that `kubectl get` shows. */
export function tableRepresentation(request: RepresentationRequest): Representation {
  const { served, negotiated, query, now } = request;
  const apiVersion = `meta.k8s.io/${negotiated.version}`;
  const include = query.get("includeObject") ?? "Metadata";
  if (!["None", "Metadata", "Object", ""].includes(include)) {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  }
  const printer = served.printer ?? printerFor(served.resource);
  const table = (
    metadata: ListMeta,
    objects: readonly KubeObject[],
    columns: boolean,
    by = printer,
  ) => ({
    kind: "Table",
    apiVersion,
    metadata,
    columnDefinitions: columns ? by.columns : null,
    rows: objects.map((object) => ({
      cells: by.cells(object, now),
      ...by.conditions?.(object),
      object: rowObject(include, apiVersion, object),
    })),
  });
  const bytes = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
  return {
    contentType: contentTypes.json,
    watchContentType: contentTypes.json,
    one: ({ object }) =>
      bytes(table({ resourceVersion: object.metadata.resourceVersion }, [object], true)),
    list({ metadata, objects }) {
      const all = objects.map(({ object }) => object);
      if (printer.order) all.sort((a, b) => printer.order?.(a, b) ?? 0);
      return bytes(table(metadata, all, true));
    },
    events: () => {
      // Only the first event names the columns, so each watch has an encoding of its own.
      let isFirst = true;
      const next = (metadata: ListMeta, objects: readonly KubeObject[]) => {
        const value = table(metadata, objects, isFirst);
        isFirst = false;
        return value;
      };
      return {
        id: `table ${(watches++).toString()}`,
        frame: (type, cached) => {
          const { object } = present(served, cached);
          const { resourceVersion } = object.metadata;
          return plainFrame(type, next({ resourceVersion }, [object]));
        },
        error: errorFrame,
        bookmark: (revision, end) => {
          const metadata = { resourceVersion: String(revision) };
          const annotations = end ? { "k8s.io/initial-events-end": "true" } : undefined;
          return plainFrame("BOOKMARK", {
            ...next(metadata, []),
            metadata: { ...metadata, ...(annotations ? { annotations } : {}) },
          });
        },
      };
    },
    plain(value) {
      const object = value as KubeObject;
      if (object.kind !== "Scale") return bytes(value);
      const { resourceVersion } = object.metadata;
      return bytes(table({ resourceVersion }, [object], true, scalePrinter));
    },
  };
}

let watches = 0;

function rowObject(include: string, apiVersion: string, object: KubeObject): object | null {
  if (include === "None") return null;
  if (include === "Object") return object;
  return { kind: "PartialObjectMetadata", apiVersion, metadata: object.metadata };
}
