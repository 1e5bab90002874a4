import * as names from "#machinery/names.ts";
import { listOf, opaque, optionalOf, string } from "../types.ts";
import { ArrayList, CelOpaque, CelOptional } from "../values.ts";
import { parseTimestamp } from "../time.ts";
import { type CelLibrary, global, member, traversal } from "./library.ts";

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */

const formatType = opaque("kubernetes.NamedFormat");

class CelFormat extends CelOpaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;
  readonly complaints: (text: string) => string[];
  constructor(name: string, complaints: (text: string) => string[]) {
    super();
    this.name = name;
    this.complaints = complaints;
  }
  equals(other: CelOpaque): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
}

function shaped(shape: RegExp, complaint: string): (text: string) => string[] {
  return (text) => (shape.test(text) ? [] : [complaint]);
}

/** A generateName may end where a name may not. */
function asPrefix(check: (text: string) => string[]): (text: string) => string[] {
  return (text) => check(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
}

function dateTime(text: string): string[] {
  try {
    parseTimestamp(text);
    return [];
  } catch {
    return ["invalid datetime"];
  }
}

function date(text: string): string[] {
  const known = /^\d{4}-\d{2}-\d{2}$/.test(text) && dateTime(`${text}T00:00:00Z`).length === 0;
  return known ? [] : ["invalid date"];
}

function uri(text: string): string[] {
  return URL.canParse(text) || /^\/[^\s]*$/.test(text) ? [] : ["invalid URI for request"];
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const uuid = /^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/;

const formats = new Map(
  (
    [
      ["dns1123Label", names.dns1123Label],
      ["dns1123Subdomain", names.dns1123Subdomain],
      ["dns1035Label", names.dns1035Label],
      ["qualifiedName", names.qualifiedName],
      ["dns1123LabelPrefix", asPrefix(names.dns1123Label)],
      ["dns1123SubdomainPrefix", asPrefix(names.dns1123Subdomain)],
      ["dns1035LabelPrefix", asPrefix(names.dns1035Label)],
      ["labelValue", names.labelValue],
      ["uri", uri],
      ["uuid", shaped(uuid, "does not match the UUID format")],
      ["byte", shaped(base64, "invalid base64")],
      ["date", date],
      ["datetime", dateTime],
    ] as const
  ).map(([name, complaints]) => [name as string, new CelFormat(name, complaints)] as const),
);

function validate({ complaints }: CelFormat, text: string): CelOptional {
  const found = complaints(text);
  return found.length === 0 ? CelOptional.none : new CelOptional(new ArrayList(found));
}

function named(name: string): CelOptional {
  const format = formats.get(name);
  return format ? new CelOptional(format) : CelOptional.none;
}

export const formatLibrary: CelLibrary = {
  functions: [
    ["format.named", global("format-named", [string], optionalOf(formatType), named)],
    ["validate", member("format-validate", [formatType, string], optionalOf(listOf(string)), validate, traversal(1))],
    ...[...formats].map(
      ([name, format]) => [`format.${name}`, global(`format-${name}`, [], formatType, () => format)] as const,
    ),
  ], // prettier-ignore
  typeNames: { "kubernetes.NamedFormat": formatType },
};
