import { compileMessages } from "#machinery/protobuf/messages.ts";
import type { JsonObject, JsonValue } from "#machinery/schema/schema.ts";
import { documentMessages } from "./gnostic-messages.ts";

/**
 * The protobuf form of an OpenAPI v2 document, which kubectl asks for. Maps are lists of named
 * values there, and whatever has no field of its own is YAML text in `vendorExtension` — for which
 * JSON will do.
 */

type Message = Record<string, unknown>;

/** Encodes a document (`openapi.v2.Document`). */
export function encodeDocument(document: JsonObject): Uint8Array {
  const { swagger, info, paths, definitions, parameters, security, securityDefinitions } = document;
  const security2 = (security as JsonObject[] | undefined) ?? [];
  const message = {
    swagger,
    info,
    paths: { path: named(paths, pathItem) },
    definitions: { additionalProperties: named(definitions, schema) },
    parameters: { additionalProperties: named(parameters, parameter) },
    security: security2.map((each) => ({
      additionalProperties: named(each, (value) => ({ value })),
    })),
    securityDefinitions: {
      additionalProperties: named(securityDefinitions, (value) => ({ apiKeySecurity: value })),
    },
  };
  return compileMessages(documentMessages).encode("Document", message);
}

function named(map: JsonValue | undefined, value: (of: JsonObject) => unknown): Message[] {
  return Object.entries((map ?? {}) as Record<string, JsonObject>).map(([name, each]) => ({
    name,
    value: value(each),
  }));
}

function yaml(value: JsonValue | undefined): Message {
  return { yaml: JSON.stringify(value) };
}

function extensions(of: JsonObject): Message[] {
  return Object.entries(of)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, value]) => ({ name, value: yaml(value) }));
}

function pathItem({ parameters, ...operations }: JsonObject): Message {
  const entries = Object.entries(operations).map(([method, each]) => [
    method,
    operation(each as JsonObject),
  ]);
  return { ...(Object.fromEntries(entries) as Message), parameters: parameterItems(parameters) };
}

function operation(of: JsonObject): Message {
  return {
    tags: of["tags"],
    description: of["description"],
    operationId: of["operationId"],
    produces: of["produces"],
    consumes: of["consumes"],
    schemes: of["schemes"],
    parameters: parameterItems(of["parameters"]),
    responses: { responseCode: named(of["responses"], response) },
    vendorExtension: extensions(of),
  };
}

function response({ description, schema: body }: JsonObject): Message {
  const schemaItem = body === undefined ? {} : { schema: { schema: schema(body as JsonObject) } };
  return { response: { description, ...schemaItem } };
}

function parameterItems(parameters: JsonValue | undefined): Message[] {
  return ((parameters ?? []) as JsonObject[]).map((each) =>
    each["$ref"] === undefined
      ? { parameter: parameter(each) }
      : { jsonReference: { Ref: each["$ref"] } },
  );
}

function parameter(of: JsonObject): Message {
  if (of["in"] === "body") {
    return { bodyParameter: { ...of, schema: schema(of["schema"] as JsonObject) } };
  }
  const form = of["in"] === "path" ? "pathParameterSubSchema" : "queryParameterSubSchema";
  return { nonBodyParameter: { [form]: of } };
}

function schema(of: JsonObject): Message {
  const { $ref, type, items, properties, additionalProperties: others, ...rest } = of;
  const message: Message = { ...rest, vendorExtension: extensions(of) };
  if ($ref !== undefined) message["Ref"] = $ref;
  if (type !== undefined) message["type"] = { value: [type] };
  if (items !== undefined) message["items"] = { schema: [schema(items as JsonObject)] };
  if (properties !== undefined) {
    message["properties"] = { additionalProperties: named(properties, schema) };
  }
  if (others !== undefined) {
    message["additionalProperties"] =
      typeof others === "boolean" ? { boolean: others } : { schema: schema(others as JsonObject) };
  }
  if (of["default"] !== undefined) message["default"] = yaml(of["default"]);
  if (of["enum"] !== undefined) message["enum"] = (of["enum"] as JsonValue[]).map(yaml);
  return message;
}
