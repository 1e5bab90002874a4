import { string } from "../types.ts";
import { type CelLibrary, global, traversal } from "./library.ts";

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What mutations of admission policies need beside the type `JSONPatch`. */
export const jsonPatchLibrary: CelLibrary = {
  functions: [
    ["jsonpatch.escapeKey", global("jsonpatch_escapeKey", [string], string, escapeKey, traversal(0, { size: ({ min, max }) => ({ min, max: max * 2 }) }))],
  ], // prettier-ignore
};
