import { path } from "#machinery/field-error.ts";
import type { Problems } from "#machinery/validation/problems.ts";

/** Conditions of flow control: each type once. */
export function validateStatusConditions(
  problems: Problems,
  conditions: readonly { readonly type?: string | undefined }[],
): void {
  const at = path("status", "conditions");
  const seen = new Set<string>();
  for (const [i, { type = "" }] of conditions.entries()) {
    const place = at.index(i).child("type");
    if (seen.has(type)) problems.duplicate(place, type);
    seen.add(type);
    if (type === "") problems.required(place, "must not be empty");
  }
}
