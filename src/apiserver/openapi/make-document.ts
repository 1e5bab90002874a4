import { docsOf } from "#apis/docs.ts";
import { documentV2 } from "./document-v2.ts";
import { documentV3 } from "./document-v3.ts";
import { encodeDocument } from "./gnostic.ts";
import type { Sources } from "./types.ts";

/** Which document, in which form. */
export type DocumentName =
  | { readonly version: 3; readonly apiVersion: string }
  | { readonly version: 2; readonly form: "json" | "protobuf" };

/**
 * Makes the bytes of a document. Loaded when a document is first asked for: all texts of all
 * fields come with it.
 */
export function makeDocument(name: DocumentName, from: Omit<Sources, "docs">): Uint8Array {
  const sources = { ...from, docs: docsOf };
  if (name.version === 3) return json(documentV3(sources, name.apiVersion));
  const document = documentV2(sources);
  return name.form === "json" ? json(document) : encodeDocument(document);
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
