import { badRequest } from "#machinery/errors.ts";
import { matchEveryField, parseFieldSelector } from "#machinery/selectors-fields.ts";
import { parseLabelSelector } from "#machinery/selectors-parse.ts";
import { matchEverything } from "#machinery/selectors.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { everything, type Selection } from "../watch-cache/selection.ts";
import { triggerFields, unsupportedField } from "./selectable-fields.ts";
import { present, type Served } from "./served.ts";

/** What selectors ask for: a selection, and the one object it can match, if there is only one. */
export interface Selected {
  readonly selection: Selection;
  /**
   * What can be told by stored objects alone: `selection` itself, unless it looks at objects that
   * somebody else has to convert first.
   */
  readonly stored: Selection;
  /** The value of `metadata.name=`. */
  readonly name: string | undefined;
  /** The value of `metadata.namespace=`. */
  readonly namespace: string | undefined;
}

const selectsAll: Selected = {
  selection: everything,
  stored: everything,
  name: undefined,
  namespace: undefined,
};

/** @throws BadRequest for selectors that cannot be understood or that the resource lacks. */
export function selected(served: Served, labelSelector: string, fieldSelector: string): Selected {
  if (labelSelector === "" && fieldSelector === "") return selectsAll;
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector);
  const { resource, fields: known } = served;
  for (const { field } of fields.requirements) {
    if (!Object.hasOwn(known, field)) throw badRequest(unsupportedField(resource, field));
  }
  if (labels === matchEverything && fields === matchEveryField) return selectsAll;
  const asServed = served.storage?.conversion?.selectsServed === true;
  const matches = (cached: CachedObject): boolean => {
    const { object } = asServed ? present(served, cached) : cached;
    return (
      labels.matches(object.metadata.labels) && fields.matches((field) => known[field]!(object))
    );
  };
  const trigger = triggerFields[`${resource.group}/${resource.plural}`];
  const version = asServed ? `${resource.apiVersion} ${served.state ?? ""}` : "";
  const selection: Selection = {
    id: `${labels.toString()}\n${fields.toString()}\n${version}`,
    matches,
    trigger: trigger === undefined ? undefined : fields.exact(trigger),
  };
  return {
    selection,
    stored: served.storage?.conversion?.prepare ? everything : selection,
    name: fields.exact("metadata.name") || undefined,
    namespace: fields.exact("metadata.namespace") || undefined,
  };
}
