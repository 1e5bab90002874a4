import type { HorizontalPodAutoscalerV1 } from "./horizontal-pod-autoscaler-v1.ts";
import type { HorizontalPodAutoscaler, HPAScalingRules } from "./horizontal-pod-autoscaler.ts";

/** Percent of the requested CPU that a pod shall use on average. */
const cpuUtilization = 80;

export function applyDefaultsToHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): void {
  spec.minReplicas ??= 1;
  spec.metrics ??= [
    {
      type: "Resource",
      resource: {
        name: "cpu",
        target: { type: "Utilization", averageUtilization: cpuUtilization },
      },
    },
  ];
  if (!spec.behavior) return;
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  });
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, {
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  });
}

function withDefaults(rules: HPAScalingRules | undefined, most: HPAScalingRules): HPAScalingRules {
  return { ...most, ...rules };
}

/** Where v1 keeps the metrics that only v2 has a field for. */
const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";

export function applyDefaultsToHorizontalPodAutoscalerV1(scaler: HorizontalPodAutoscalerV1): void {
  const { metadata, spec } = scaler;
  spec.minReplicas ??= 1;
  if (metadata.annotations?.[metricsAnnotation] === undefined) {
    spec.targetCPUUtilizationPercentage ??= cpuUtilization;
  }
}
