import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from "#apis/apiextensions/custom-resource-definition.ts";
import type { StatedCondition } from "#apis/apiextensions/conditions.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";

type Names = CustomResourceDefinitionNames;

/** The names that a definition gets, and whether these are all that it wants. */
export interface AcceptedNames {
  readonly names: Names;
  readonly condition: StatedCondition;
}

/**
 * Gives a definition the names that no other definition of its group has. Names that it has been
 * given before stay its own. `others`: the definitions of the same group.
 */
export function acceptNames(
  { spec, status }: Pick<DeepReadonly<CustomResourceDefinition>, "spec" | "status">,
  others: readonly DeepReadonly<CustomResourceDefinition>[],
): AcceptedNames {
  const taken = takenNames(others);
  const wanted = spec.names;
  const had = status?.acceptedNames;
  const names: Names = {
    ...structuredClone(had),
    plural: had?.plural ?? "",
    kind: had?.kind ?? "",
  } as Names;
  let conflict: { reason: string; message: string } | undefined;
  const settle = (name: "plural" | "singular" | "kind" | "listKind", reason: string): void => {
    const value = wanted[name] ?? "";
    const used = name === "kind" || name === "listKind" ? taken.kinds : taken.resources;
    if (value !== (had?.[name] ?? "") && used.has(value)) {
      conflict = { reason, message: inUse(value) };
    } else if (wanted[name] === undefined) delete names[name];
    else names[name] = value;
  };
  settle("plural", "PluralConflict");
  settle("singular", "SingularConflict");
  const clashes = shortNameClashes(wanted.shortNames, had?.shortNames, taken.resources);
  if (clashes.length > 0) {
    const message = clashes.map(inUse).join(", ");
    conflict = {
      reason: "ShortNamesConflict",
      message: clashes.length === 1 ? message : `[${message}]`,
    };
  } else setList(names, "shortNames", wanted.shortNames);
  settle("kind", "KindConflict");
  settle("listKind", "ListKindConflict");
  setList(names, "categories", wanted.categories);
  const condition: StatedCondition = conflict
    ? { type: "NamesAccepted", status: "False", ...conflict }
    : {
        type: "NamesAccepted",
        status: "True",
        reason: "NoConflicts",
        message: "no conflicts found",
      };
  return { names, condition };
}

function setList(
  names: Names,
  field: "shortNames" | "categories",
  values: readonly string[] | undefined,
): void {
  if (values) names[field] = [...values];
  else delete names[field];
}

function shortNameClashes(
  wanted: readonly string[] = [],
  had: readonly string[] | undefined,
  taken: ReadonlySet<string>,
): string[] {
  if (equalJson(wanted, had ?? [])) return [];
  return wanted.filter((name) => !had?.includes(name) && taken.has(name));
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`;
}

function takenNames(definitions: readonly DeepReadonly<CustomResourceDefinition>[]) {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of definitions) {
    if (!status) continue;
    const { plural, singular, shortNames, kind, listKind } = status.acceptedNames;
    for (const name of [plural, singular, ...(shortNames ?? [])]) if (name) resources.add(name);
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  return { resources, kinds };
}
