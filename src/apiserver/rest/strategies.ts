import type { Resource } from "#machinery/resource.ts";
import type { Strategy } from "#machinery/strategy.ts";

/** The strategy of a resource. */
export function strategyOf(_resource: Resource): Strategy {
  return {};
}
