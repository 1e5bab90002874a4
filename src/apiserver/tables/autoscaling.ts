import type { HorizontalPodAutoscaler } from "#apis/autoscaling/horizontal-pod-autoscaler.ts";
import type {
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "#apis/autoscaling/metrics.ts";
import { hpaToV2 } from "../rest/hpa-conversion.ts";
import { age, none, unknown, unset } from "./format.ts";
import { type Cell, printer } from "./printer.ts";

/** HorizontalPodAutoscalers: what each metric is, and what it should be. */

const columns = "Name, Reference, Targets, MinPods, MaxPods, Replicas, Age";

export const autoscalerPrinter = printer<HorizontalPodAutoscaler>(columns, autoscalerCells);

/** The older version shows what it is in the newer one. */
export const autoscalerV1Printer = printer(columns, (object, now) =>
  autoscalerCells(hpaToV2(object) as HorizontalPodAutoscaler, now),
);

function autoscalerCells(object: HorizontalPodAutoscaler, now: number): Cell[] {
  const { metadata, spec, status } = object;
  return [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    metricsText(spec.metrics ?? [], status?.currentMetrics ?? []),
    String(spec.minReplicas ?? unset),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    age(object, now),
  ];
}

function metricsText(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return none;
  const texts = specs.map((spec, at) => metricText(spec, statuses[at]));
  const shown = texts.slice(0, 2).join(", ");
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown;
}

/** What is absent is shown as zero, as upstream shows it. */
function quantityText(quantity: string | undefined): string {
  return quantity ?? "0";
}

type Current = MetricValueStatus | undefined;

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "External":
      return valueText(spec.external?.target, status?.external?.current);
    case "Object":
      return valueText(spec.object?.target, status?.object?.current);
    case "Pods": {
      const current = status?.pods?.current;
      const text = current ? quantityText(current.averageValue) : unknown;
      return `${text}/${quantityText(spec.pods?.target.averageValue)}`;
    }
    case "Resource":
      return resourceText(spec.resource, status?.resource?.current);
    case "ContainerResource":
      return resourceText(spec.containerResource, status?.containerResource?.current);
    default:
      return "<unknown type>";
  }
}

function valueText(target: MetricTarget | undefined, current: Current): string {
  if (target?.averageValue !== undefined) {
    const average = current?.averageValue;
    const text = average === undefined ? unknown : quantityText(average);
    return `${text}/${quantityText(target.averageValue)} (avg)`;
  }
  const text = current ? quantityText(current.value) : unknown;
  return `${text}/${quantityText(target?.value)}`;
}

function resourceText(
  spec: { name: string; target: MetricTarget } | undefined,
  current: Current,
): string {
  if (!spec) return "";
  const { averageValue, averageUtilization } = spec.target;
  if (averageValue !== undefined) {
    const text = current ? quantityText(current.averageValue) : unknown;
    return `${spec.name}: ${text}/${quantityText(averageValue)}`;
  }
  const target = averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`;
  const is = current?.averageUtilization;
  return `${spec.name}: ${is === undefined ? unknown : `${is}%`}/${target}`;
}
