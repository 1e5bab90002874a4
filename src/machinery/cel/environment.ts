import type { CelLibrary, Overload } from "./library/library.ts";
import { type CelType, type ObjectType, runtimeTypeName, typeOfType } from "./types.ts";
import { CelTypeValue } from "./values.ts";

/** What an expression may refer to. */
export interface CelEnvironment {
  readonly variables: ReadonlyMap<string, CelType>;
  overloads(name: string): readonly Overload[];
  /** A name that stands for a type, such as `int`: its type and its value. */
  typeValue(name: string): { readonly type: CelType; readonly value: CelTypeValue } | undefined;
  /** A type whose objects expressions can make. */
  constructible(name: string): ObjectType | undefined;
}

export interface EnvironmentOptions {
  readonly libraries: readonly CelLibrary[];
  readonly variables: Readonly<Record<string, CelType>>;
  readonly constructible?: (name: string) => ObjectType | undefined;
}

const functionTables = new WeakMap<readonly CelLibrary[], Map<string, Overload[]>>();

/** The functions of all libraries by name; worked out once for each list of libraries. */
function functionsOf(libraries: readonly CelLibrary[]): Map<string, Overload[]> {
  const known = functionTables.get(libraries);
  if (known) return known;
  const table = new Map<string, Overload[]>();
  for (const { functions } of libraries) {
    for (const [name, overload] of functions) {
      const list = table.get(name);
      if (list) list.push(overload);
      else table.set(name, [overload]);
    }
  }
  functionTables.set(libraries, table);
  return table;
}

const nothing: readonly Overload[] = [];

export function celEnvironment(options: EnvironmentOptions): CelEnvironment {
  const { libraries, variables, constructible } = options;
  const functions = functionsOf(libraries);
  return {
    variables: new Map(Object.entries(variables)),
    overloads: (name) => functions.get(name) ?? nothing,
    typeValue(name) {
      const type = libraries.map(({ typeNames }) => typeNames?.[name]).find((one) => one);
      if (!type) return undefined;
      return { type: typeOfType(type), value: new CelTypeValue(runtimeTypeName(type)) };
    },
    constructible: (name) => constructible?.(name),
  };
}
