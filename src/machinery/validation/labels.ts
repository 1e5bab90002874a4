import type { Path } from "../field-error.ts";
import { labelValue, qualifiedName } from "../names.ts";
import type { LabelSelectorObject } from "../selectors.ts";
import type { Problems } from "./problems.ts";

type StringMap = Readonly<Record<string, string>> | null | undefined;

export function validateLabels(problems: Problems, at: Path, labels: StringMap): void {
  for (const key in labels) {
    const value = labels[key] ?? "";
    problems.each(at, key, qualifiedName(key));
    problems.each(at, value, labelValue(value));
  }
}

export function validateLabelName(problems: Problems, at: Path, name: string | undefined): void {
  problems.each(at, name ?? "", qualifiedName(name ?? ""));
}

/** The most bytes that all annotations together may have. */
export const annotationsBytesMax = 256 * 1024;

export function validateAnnotations(problems: Problems, at: Path, annotations: StringMap): void {
  let bytes = 0;
  for (const key in annotations) {
    problems.each(at, key, qualifiedName(key.toLowerCase()));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (bytes > annotationsBytesMax) problems.tooLong(at, annotationsBytesMax);
}

/** `allowInvalidValues`: bad label values are as they always were in this place. */
export function validateLabelSelector(
  problems: Problems,
  at: Path,
  selector: LabelSelectorObject | null | undefined,
  allowInvalidValues = false,
): void {
  if (!selector) return;
  validateLabels(problems, at.child("matchLabels"), selector.matchLabels);
  for (const [i, expression] of (selector.matchExpressions ?? []).entries()) {
    const path = at.child("matchExpressions").index(i);
    const { key, operator } = expression;
    const values = expression.values ?? [];
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) {
        problems.required(
          path.child("values"),
          "must be specified when `operator` is 'In' or 'NotIn'",
        );
      }
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0) {
        problems.forbidden(
          path.child("values"),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        );
      }
    } else {
      problems.invalid(path.child("operator"), operator, "not a valid selector operator");
    }
    validateLabelName(problems, path.child("key"), key);
    if (allowInvalidValues) continue;
    for (const [j, value] of values.entries()) {
      problems.each(path.child("values").index(j), value, labelValue(value));
    }
  }
}

/** Whether there is nothing that a selector object selects by. */
export function isEmptySelector(selector: LabelSelectorObject | null | undefined): boolean {
  return (
    Object.keys(selector?.matchLabels ?? {}).length === 0 &&
    (selector?.matchExpressions ?? []).length === 0
  );
}
