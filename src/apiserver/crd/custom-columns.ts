import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
} from "#apis/apiextensions/custom-resource-definition.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { timeToMs } from "#machinery/time.ts";
import { ago } from "../tables/format.ts";
import type { Cell, Column, Printer } from "../tables/printer.ts";
import { type JsonPath, jsonPath } from "./json-path.ts";

const nameDescription =
  "Name must be unique within a namespace. Is required when creating resources.";
const createdDescription = "When the server created the object.";

const ageColumn: CustomResourceColumnDefinition = {
  name: "Age",
  type: "date",
  description: createdDescription,
  jsonPath: ".metadata.creationTimestamp",
};

/** How `kubectl get` shows the objects of a version: their name, and what the definition says. */
export function customPrinter({
  additionalPrinterColumns,
}: CustomResourceDefinitionVersion): Printer {
  const definitions = additionalPrinterColumns?.length ? additionalPrinterColumns : [ageColumn];
  const more = definitions.map((definition) => ({
    column: columnOf(definition),
    cell: cellOf(definition),
  }));
  const name: Column = {
    name: "Name",
    type: "string",
    format: "name",
    description: nameDescription,
    priority: 0,
  };
  return {
    columns: [name, ...more.map(({ column }) => column)],
    cells: (object, now) => [object.metadata.name, ...more.map(({ cell }) => cell(object, now))],
  };
}

function columnOf(definition: CustomResourceColumnDefinition): Column {
  const { name, type, format = "", description, priority = 0, jsonPath: path } = definition;
  return {
    name,
    type,
    format,
    description: description || `Custom resource definition column (in JSONPath format): ${path}`,
    priority,
  };
}

function cellOf({ jsonPath: path, type }: CustomResourceColumnDefinition) {
  const find = compiled(path);
  return (object: KubeObject, now: number): Cell => {
    const [value] = find(object);
    if (value === undefined || value === null) return null;
    return type === "string" ? textOf(value) : typedCell(value, type, now);
  };
}

/** A path that cannot be understood finds nothing, as upstream. */
function compiled(path: string): JsonPath {
  try {
    return jsonPath(path);
  } catch {
    return () => [];
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function typedCell(value: unknown, type: string, now: number): Cell {
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return timeToMs(value) === undefined ? "<invalid>" : ago(value, now);
    default:
      return null;
  }
}
