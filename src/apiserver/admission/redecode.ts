import { schemaOfKind } from "#apis/kinds.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Resource } from "#machinery/resource.ts";
import { decodeValue } from "../rest/codec.ts";
import type { AdmissionAttributes } from "./admission.ts";
import type { Equivalents } from "./equivalents.ts";
import { replaceContents } from "./errors.ts";

/**
 * Puts in the place of the written object what a webhook or policy has made of it, pruned and with
 * defaults. `value` is in the version `from`. False: it is the same as before.
 */
export async function replaceObject(
  a: AdmissionAttributes,
  value: unknown,
  from: Resource,
  equivalents: Equivalents,
): Promise<boolean> {
  const object = a.object;
  if (!object) return false;
  const below = a.subresource === "" ? undefined : from.subresources[a.subresource];
  const schema = below && schemaOfKind(below);
  const isOwn = !below || below.kind === from.kind;
  const kind = isOwn || !schema ? from : { gvk: below, schema };
  let next: KubeObject = decodeValue(kind, value);
  if (from !== a.resource && isOwn) next = await equivalents.convert(next, from, a.resource);
  if (equalJson(next, object)) return false;
  replaceContents(object, next);
  return true;
}
