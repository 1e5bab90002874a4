import type { FlowSchema } from "./flow-schema.ts";
import type { PriorityLevelConfiguration } from "./priority-level-configuration.ts";

export function applyDefaultsToFlowSchema({ spec }: FlowSchema): void {
  spec.matchingPrecedence ||= 1000;
}

export function applyDefaultsToPriorityLevelConfiguration({
  spec,
}: PriorityLevelConfiguration): void {
  const { exempt, limited } = spec;
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (!limited) return;
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const { queuing } = limited.limitResponse;
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}
