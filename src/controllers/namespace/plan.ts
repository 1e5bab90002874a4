/** What is left of a namespace that is being deleted, in upstream's words. Pure. */
import type { NamespaceCondition } from "#apis/core/namespace.ts";
import { rfc3339 } from "#base/clock.ts";

/** What remains of one resource. */
export interface Remaining {
  /** `configmaps.` or `deployments.apps`: plural, dot, group. */
  resource: string;
  count: number;
  /** How many of the objects carry each finalizer. */
  finalizers: Readonly<Record<string, number>>;
}

export interface DeletionState {
  remaining: readonly Remaining[];
  /** Groups that discovery could not tell about. */
  undiscovered: readonly string[];
  /** Why deletion failed, by resource. */
  failures: readonly string[];
}

/** Whether nothing is left and nothing is unknown, so that the namespace may go. */
export function isEmptied({ remaining, undiscovered, failures }: DeletionState): boolean {
  return remaining.length === 0 && undiscovered.length === 0 && failures.length === 0;
}

type Outcome = readonly [status: "True" | "False", reason: string, message: string];

/** The five conditions of a terminating namespace; those that stay the same keep their times. */
export function deletionConditions(
  state: DeletionState,
  before: readonly NamespaceCondition[] | undefined,
  nowMs: number,
): NamespaceCondition[] {
  const outcomes: Record<string, Outcome> = {
    NamespaceDeletionDiscoveryFailure: discoveryOutcome(state),
    NamespaceDeletionGroupVersionParsingFailure: [
      "False",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ],
    NamespaceDeletionContentFailure: contentOutcome(state),
    NamespaceContentRemaining: remainingOutcome(state),
    NamespaceFinalizersRemaining: finalizersOutcome(state),
  };
  const own = Object.entries(outcomes).map(([type, [status, reason, message]]) => {
    const old = before?.find((condition) => condition.type === type);
    const lastTransitionTime =
      old?.status === status ? (old.lastTransitionTime ?? null) : rfc3339(nowMs);
    return { type, status, lastTransitionTime, reason, message };
  });
  return [...(before ?? []).filter(({ type }) => !(type in outcomes)), ...own];
}

function discoveryOutcome({ undiscovered }: DeletionState): Outcome {
  if (undiscovered.length === 0) {
    return ["False", "ResourcesDiscovered", "All resources successfully discovered"];
  }
  const groups = undiscovered.join(", ");
  const text = `Discovery failed for some groups, ${undiscovered.length} failing: ${groups}`;
  return ["True", "DiscoveryFailed", text];
}

function contentOutcome({ failures }: DeletionState): Outcome {
  if (failures.length === 0) {
    const text = "All content successfully deleted, may be waiting on finalization";
    return ["False", "ContentDeleted", text];
  }
  const list = [...failures].sort().join(", ");
  const text = `Failed to delete all resource types, ${failures.length} remaining: ${list}`;
  return ["True", "ContentDeletionFailed", text];
}

function remainingOutcome({ remaining }: DeletionState): Outcome {
  if (remaining.length === 0) {
    return ["False", "ContentRemoved", "All content successfully removed"];
  }
  const list = remaining.map(
    ({ resource, count }) => `${resource} has ${count} resource instances`,
  );
  const text = `Some resources are remaining: ${list.sort().join(", ")}`;
  return ["True", "SomeResourcesRemain", text];
}

function finalizersOutcome({ remaining }: DeletionState): Outcome {
  const counts = new Map<string, number>();
  for (const { finalizers } of remaining) {
    for (const [name, count] of Object.entries(finalizers)) {
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  if (counts.size === 0) {
    const text = "All content-preserving finalizers finished";
    return ["False", "ContentHasNoFinalizers", text];
  }
  const list = [...counts].map(([name, count]) => `${name} in ${count} resource instances`);
  const text = `Some content in the namespace has finalizers remaining: ${list.sort().join(", ")}`;
  return ["True", "SomeFinalizersRemain", text];
}
