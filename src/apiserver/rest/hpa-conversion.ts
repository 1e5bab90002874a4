import type { HorizontalPodAutoscalerV1 } from "#apis/autoscaling/horizontal-pod-autoscaler-v1.ts";
import type { HorizontalPodAutoscaler } from "#apis/autoscaling/horizontal-pod-autoscaler.ts";
import type { MetricSpec, MetricStatus } from "#apis/autoscaling/metrics.ts";
import type { KubeObject } from "#machinery/meta.ts";

/** What v1 has no field for travels in these annotations, as JSON. */
const annotation = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
} as const;

function isCpuUtilization(metric: MetricSpec): boolean {
  const { type, resource } = metric;
  return type === "Resource" && resource?.name === "cpu" && resource.target.type === "Utilization";
}

function isCpuStatus(metric: MetricStatus): boolean {
  return metric.type === "Resource" && metric.resource?.name === "cpu";
}

/** autoscaling/v1 of the stored autoscaling/v2: CPU utilization only, the rest in annotations. */
export function hpaFromV2(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as HorizontalPodAutoscaler;
  const annotations: Record<string, string> = { ...metadata.annotations };
  const keep = (name: string, value: unknown[] | object | undefined) => {
    const isEmpty = Array.isArray(value) ? value.length === 0 : value === undefined;
    if (!isEmpty) annotations[name] = JSON.stringify(value);
  };
  const cpu = spec.metrics?.find(isCpuUtilization);
  const cpuNow = status?.currentMetrics?.find(isCpuStatus);
  keep(
    annotation.metrics,
    spec.metrics?.filter((metric) => metric !== cpu),
  );
  keep(annotation.behavior, spec.behavior ?? undefined);
  keep(annotation.conditions, status?.conditions ?? undefined);
  keep(
    annotation.currentMetrics,
    status?.currentMetrics?.filter((metric) => metric !== cpuNow),
  );
  const target = cpu?.resource?.target.averageUtilization;
  const current = cpuNow?.resource?.current.averageUtilization;
  const { metrics: _metrics, behavior: _behavior, ...specRest } = spec;
  const { conditions: _conditions, currentMetrics: _current, ...statusRest } = status ?? {};
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: { ...specRest, ...(target == null ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...statusRest,
      currentReplicas: status?.currentReplicas ?? 0,
      desiredReplicas: status?.desiredReplicas ?? 0,
      ...(current == null ? {} : { currentCPUUtilizationPercentage: current }),
    },
  } as KubeObject;
}

/** autoscaling/v2 of autoscaling/v1. */
export function hpaToV2(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as HorizontalPodAutoscalerV1;
  const { targetCPUUtilizationPercentage: target, ...specRest } = spec;
  const { currentCPUUtilizationPercentage: current, currentReplicas, ...statusRest } = status ?? {};
  const annotations: Record<string, string> = { ...metadata.annotations };
  const take = (name: string): unknown => {
    const text = annotations[name];
    delete annotations[name];
    try {
      return text === undefined ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  const metrics = (take(annotation.metrics) ?? []) as MetricSpec[];
  if (target != null) metrics.push(cpuMetric(target));
  const behavior = take(annotation.behavior);
  const conditions = take(annotation.conditions);
  const currentMetrics = (take(annotation.currentMetrics) ?? []) as MetricStatus[];
  if (current != null) {
    const now = { averageUtilization: current, averageValue: "0" };
    currentMetrics.push({ type: "Resource", resource: { name: "cpu", current: now } });
  }
  const { annotations: _annotations, ...metadataRest } = metadata;
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      ...metadataRest,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      ...specRest,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      ...statusRest,
      ...(currentReplicas ? { currentReplicas } : {}),
      desiredReplicas: status?.desiredReplicas ?? 0,
      currentMetrics: currentMetrics.length === 0 ? null : currentMetrics,
      ...(conditions === undefined ? {} : { conditions }),
    },
  } as unknown as KubeObject;
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
  };
}
