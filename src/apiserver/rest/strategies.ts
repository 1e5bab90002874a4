import { strategyFor } from "#apis/strategies.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Strategy } from "#machinery/strategy.ts";

/** The strategy of a resource. */
export function strategyOf(resource: Resource): Strategy {
  return strategyFor(resource);
}
