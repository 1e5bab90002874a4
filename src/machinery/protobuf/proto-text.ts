import type { FieldEntry, MessageTable } from "./messages.ts";

/** A method: request, response, and whether the response is a stream. */
export type MethodEntry = readonly [request: string, response: string, stream: boolean];

/** A gRPC interface as data. */
export interface ProtoTable extends MessageTable {
  readonly package: string;
  readonly services: Readonly<Record<string, Readonly<Record<string, MethodEntry>>>>;
}

/**
 * Reads the part of proto3's syntax that our interfaces need: `service` and `message` blocks (with
 * `repeated`, `map<,>` and `oneof`), not nested. Enums are given as names, numbered from 0. Throws for
 * anything else: the text is ours, so a mistake in it is a bug.
 */
export function parseProto(
  packageName: string,
  text: string,
  enumNames: Readonly<Record<string, readonly string[]>> = {},
): ProtoTable {
  const services: Record<string, Record<string, MethodEntry>> = {};
  const messages: Record<string, Record<string, FieldEntry>> = {};
  const blocks = /\s*(service|message) ([\w.]+) \{((?:[^{}]|\{[^{}]*\})*)\}/gy;
  let end = 0;
  for (const [whole, kind, name, body] of text.matchAll(blocks)) {
    end += whole.length;
    if (kind === "service") services[name!] = parseService(body!);
    else messages[name!] = parseMessage(body!);
  }
  const rest = text.slice(end).trim();
  if (rest !== "") throw new Error(`cannot parse proto text at: ${rest.slice(0, 60)}`);
  const enums = Object.fromEntries(
    Object.entries(enumNames).map(([name, values]) => [
      name,
      Object.fromEntries(values.map((value, number) => [value, number])),
    ]),
  );
  return { package: packageName, services, messages, enums };
}

function statements(body: string): string[] {
  return body
    .split(";")
    .map((statement) => statement.trim().replace(/\s+/g, " "))
    .filter((statement) => statement !== "");
}

function parseService(body: string): Record<string, MethodEntry> {
  const methods: Record<string, MethodEntry> = {};
  for (const statement of statements(body)) {
    const match = /^rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\)$/.exec(statement);
    if (!match) throw new Error(`cannot parse method: ${statement}`);
    methods[match[1]!] = [match[2]!, match[4]!, match[3] !== undefined];
  }
  return methods;
}

function parseMessage(body: string): Record<string, FieldEntry> {
  const fields: Record<string, FieldEntry> = {};
  const add = (text: string, ...group: string[]): void => {
    for (const statement of statements(text)) {
      const match = /^(repeated )?([\w.]+|map<[\w.]+, ?[\w.]+>) (\w+) = (\d+)$/.exec(statement);
      if (!match) throw new Error(`cannot parse field: ${statement}`);
      const modifiers = match[1] ? [...group, "repeated"] : group;
      fields[match[3]!] = [Number(match[4]), match[2]!, ...modifiers];
    }
  };
  add(
    body.replace(/oneof (\w+) \{([^{}]*)\}/g, (_, name: string, members: string) => {
      add(members, `oneof ${name}`);
      return "";
    }),
  );
  return fields;
}
