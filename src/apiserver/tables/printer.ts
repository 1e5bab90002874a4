import type { KubeObject } from "#machinery/meta.ts";

/** A column of a Table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 1: shown by `-o wide` only. */
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** How `kubectl get` shows a kind. */
export interface Printer {
  readonly columns: readonly Column[];
  /** One cell per column; `now` (ms) is what ages are counted to. */
  cells(object: KubeObject, now: number): Cell[];
  conditions?(object: KubeObject): { conditions?: object[] };
  /** The order of the rows of a list; none: that of the list. */
  order?(a: KubeObject, b: KubeObject): number;
}

/**
 * Columns from a line such as `Name, Desired:integer, Images!`: names, types other than string, and
 * a mark for wide columns.
 */
export function columns(line: string): Column[] {
  return line.split(", ").map((text) => {
    const wide = text.endsWith("!");
    const [name = "", type = "string"] = (wide ? text.slice(0, -1) : text).split(":");
    return {
      name,
      type,
      format: name === "Name" || name === "Attacher" ? "name" : "",
      description: name,
      priority: wide ? 1 : 0,
    };
  });
}

/** A printer for the objects of one type. */
export function printer<T extends KubeObject>(
  line: string,
  cells: (object: T, now: number) => (Cell | undefined)[],
  more: {
    conditions?: (object: T) => { conditions?: object[] };
    order?: (a: T, b: T) => number;
  } = {},
): Printer {
  const { conditions, order } = more;
  return {
    columns: columns(line),
    cells: (object, now) => cells(object as T, now).map((cell) => cell ?? ""),
    ...(conditions ? { conditions: (object: KubeObject) => conditions(object as T) } : {}),
    ...(order ? { order: (a: KubeObject, b: KubeObject) => order(a as T, b as T) } : {}),
  };
}
