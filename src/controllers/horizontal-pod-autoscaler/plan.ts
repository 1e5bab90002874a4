/** How many replicas the use of a resource calls for. Pure. */
import type { HorizontalPodAutoscaler } from "#apis/autoscaling/horizontal-pod-autoscaler.ts";
import type { MetricSpec } from "#apis/autoscaling/metrics.ts";
import type { Pod } from "#apis/core/pod.ts";
import { milliValue } from "#machinery/quantity.ts";
import { isFinished, isReady, isTerminating } from "../shared/pod-state.ts";

/** A difference from the target within this part changes nothing, as upstream. */
const tolerance = 0.1;

/** What a metric leads to. */
export interface Proposal {
  replicas: number;
  averageUtilization?: number;
  averageMilli: number;
}

/**
 * `usages` in thousandths by pod name. @throws Error when nothing can be said.
 */
export function proposeReplicas(
  spec: NonNullable<MetricSpec["resource"]>,
  pods: readonly Pod[],
  usages: ReadonlyMap<string, number>,
  current: number,
): Proposal {
  const counting = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
  const known = counting.filter(({ metadata }) => usages.has(metadata.name));
  if (known.length === 0) {
    throw new Error(`did not receive metrics for targeted pods (pods might be unready)`);
  }
  const used = known.reduce((sum, { metadata }) => sum + (usages.get(metadata.name) ?? 0), 0);
  const averageMilli = Math.round(used / known.length);
  const { averageUtilization, averageValue } = spec.target;
  if (averageUtilization !== undefined) {
    const requested = known.reduce((sum, pod) => sum + requestMilli(pod, spec.name), 0);
    const utilization = Math.floor((used * 100) / requested);
    const ratio = utilization / averageUtilization;
    const ready = known.filter(isReady).length;
    return {
      replicas: byRatio(ratio, Math.max(ready, 1), current),
      averageUtilization: utilization,
      averageMilli,
    };
  }
  const target = milliValue(averageValue ?? "0");
  if (target <= 0) throw new Error("invalid metric target");
  const ratio = used / (target * current);
  const replicas = Math.abs(1 - ratio) <= tolerance ? current : Math.ceil(used / target);
  return { replicas, averageMilli };
}

function byRatio(ratio: number, pods: number, current: number): number {
  if (Math.abs(1 - ratio) <= tolerance) return current;
  return Math.ceil(ratio * pods);
}

function requestMilli({ metadata, spec }: Pod, resource: string): number {
  let sum = 0;
  for (const { name, resources } of spec.containers) {
    const request = resources.requests?.[resource];
    if (request === undefined) {
      const where = `container ${name} of Pod ${metadata.name}`;
      throw new Error(`missing request for ${resource} in ${where}`);
    }
    sum += milliValue(request);
  }
  return sum;
}

export type Limit = "DesiredWithinRange" | "TooFewReplicas" | "TooManyReplicas" | "ScaleUpLimit";

/** The proposal within the autoscaler's bounds and its pace upwards (twice, or four more). */
export function limited(
  { spec }: HorizontalPodAutoscaler,
  current: number,
  wanted: number,
): { replicas: number; limit: Limit } {
  const minimum = spec.minReplicas ?? 1;
  const pace = Math.max(current * 2, current + 4);
  if (wanted > pace && pace < spec.maxReplicas) return { replicas: pace, limit: "ScaleUpLimit" };
  if (wanted > spec.maxReplicas) return { replicas: spec.maxReplicas, limit: "TooManyReplicas" };
  if (wanted < minimum) return { replicas: minimum, limit: "TooFewReplicas" };
  return { replicas: wanted, limit: "DesiredWithinRange" };
}
