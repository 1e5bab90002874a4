import { type ApiError, forbidden, type GroupResource } from "#machinery/errors.ts";
import type { AdmissionAttributes } from "./admission.ts";

/** What a write is about, as errors name it. */
export function groupResource({ resource }: AdmissionAttributes): GroupResource {
  return { group: resource.group, resource: resource.plural };
}

/** The name that refusals give: a `generateName` has not been filled in yet. */
export function shownName({ name, object }: AdmissionAttributes): string {
  if (name !== "") return name;
  return object?.metadata?.name || object?.metadata?.generateName || "Unknown";
}

/** A refusal by an admission plug-in. */
export function forbid(a: AdmissionAttributes, why: string): ApiError {
  return forbidden(groupResource(a), shownName(a), why);
}

/** Several complaints as one text, worded as upstream joins them. */
export function joined(complaints: readonly string[]): string {
  const different = [...new Set(complaints)];
  return different.length === 1 ? different[0]! : `[${different.join(", ")}]`;
}

/** Puts the contents of `next` into `object` and its metadata, which others hold on to. */
export function replaceContents(object: object, next: object): void {
  if (object === next) return;
  const target = object as Record<string, unknown>;
  const { metadata } = target;
  for (const key of Object.keys(target)) delete target[key];
  Object.assign(target, next);
  const given = target["metadata"];
  if (typeof metadata !== "object" || metadata === null) return;
  if (typeof given !== "object" || given === null) return;
  const own = metadata as Record<string, unknown>;
  for (const key of Object.keys(own)) delete own[key];
  target["metadata"] = Object.assign(own, given);
}
