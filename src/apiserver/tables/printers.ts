import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";

/** A column of a Table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** How `kubectl get` shows a kind. */
export interface Printer {
  readonly columns: readonly Column[];
  /** One cell per column; `now` (ms) is what ages are counted to. */
  cells(object: KubeObject, now: number): Cell[];
  conditions?(object: KubeObject): { conditions?: object[] };
}

export function printerFor(_resource: Resource): Printer {
  return {
    columns: [{ name: "Name", type: "string", format: "name", description: "", priority: 0 }],
    cells: (object) => [object.metadata.name],
  };
}
