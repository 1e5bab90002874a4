import type { TypeDocs } from "../docs.ts";

/** How many copies there should be. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const autoscalingV2Docs: Readonly<Record<string, TypeDocs>> = {
  HorizontalPodAutoscaler: {
    "": "Changes the number of copies as metrics change.",
  },
  HorizontalPodAutoscalerSpec: {
    "": "Of what, between which numbers and by which metrics.",
    scaleTargetRef: "What is scaled.",
    minReplicas: "How many copies at least; default 1.",
    maxReplicas: "How many copies at most.",
    metrics: "What counts; the metric that wants most copies wins.",
    behavior: "How fast to scale up and down.",
  },
  CrossVersionObjectReference: {
    "": "An object of any kind.",
    kind: "Its kind.",
    name: "Its name.",
    apiVersion: "Its group and version.",
  },
  MetricSpec: {
    "": "One metric and what it should be.",
    type: "Resource, ContainerResource, Pods, Object or External.",
    object: "A metric of another object.",
    pods: "A metric of each pod.",
    resource: "CPU or memory of the pods.",
    containerResource: "CPU or memory of one container of the pods.",
    external: "A metric of something outside the cluster.",
  },
  ObjectMetricSource: {
    "": "A metric of another object.",
    describedObject: "The object.",
    target: "What it should be.",
    metric: "The metric.",
  },
  PodsMetricSource: {
    "": "A metric of each pod.",
    metric: "The metric.",
    target: "What it should be on average.",
  },
  ResourceMetricSource: {
    "": "CPU or memory of the pods.",
    name: "The resource.",
    target: "What it should be.",
  },
  ContainerResourceMetricSource: {
    "": "CPU or memory of one container of the pods.",
    name: "The resource.",
    target: "What it should be.",
    container: "The container.",
  },
  ExternalMetricSource: {
    "": "A metric of something outside the cluster.",
    metric: "The metric.",
    target: "What it should be.",
  },
  MetricTarget: {
    "": "What a metric should be.",
    type: "Utilization, Value or AverageValue.",
    value: "The value as a whole.",
    averageValue: "The value per pod.",
    averageUtilization: "Per cent of what the pods request.",
  },
  MetricIdentifier: {
    "": "A metric.",
    name: "Its name.",
    selector: "Only series with these labels.",
  },
  HorizontalPodAutoscalerBehavior: {
    "": "How fast to scale.",
    scaleUp: "Upwards.",
    scaleDown: "Downwards.",
  },
  HPAScalingRules: {
    "": "How fast to scale in one direction.",
    selectPolicy: "Which policy counts: Max, Min or Disabled.",
    policies: "How much may change in which time.",
    stabilizationWindowSeconds: "For how long to look back before changing one's mind.",
    tolerance: "How far a metric may be off without anything happening.",
  },
  HPAScalingPolicy: {
    "": "How much may change in some time.",
    type: "Pods or Percent.",
    value: "How much.",
    periodSeconds: "In which time.",
  },
  HorizontalPodAutoscalerStatus: {
    "": "What the metrics are and what follows.",
    lastScaleTime: "When the number last changed.",
    currentReplicas: "How many copies there are.",
    desiredReplicas: "How many there should be.",
    currentMetrics: "What the metrics are.",
  },
  MetricStatus: {
    "": "What a metric is.",
    type: "Resource, ContainerResource, Pods, Object or External.",
    object: "A metric of another object.",
    pods: "A metric of each pod.",
    resource: "CPU or memory of the pods.",
    containerResource: "CPU or memory of one container of the pods.",
    external: "A metric of something outside the cluster.",
  },
  MetricValueStatus: {
    "": "The value of a metric.",
    value: "As a whole.",
    averageValue: "Per pod.",
    averageUtilization: "In per cent of what the pods request.",
  },
  ObjectMetricStatus: {
    "": "A metric of another object.",
    metric: "The metric.",
    current: "What it is.",
    describedObject: "The object.",
  },
  PodsMetricStatus: {
    "": "A metric of each pod.",
    metric: "The metric.",
    current: "What it is.",
  },
  ResourceMetricStatus: {
    "": "CPU or memory of the pods.",
    name: "The resource.",
    current: "What it is.",
  },
  ContainerResourceMetricStatus: {
    "": "CPU or memory of one container of the pods.",
    name: "The resource.",
    current: "What it is.",
    container: "The container.",
  },
  ExternalMetricStatus: {
    "": "A metric of something outside the cluster.",
    metric: "The metric.",
    current: "What it is.",
  },
  HorizontalPodAutoscalerCondition: {
    "": "One thing that holds for the scaling, or does not.",
  },
};

export const autoscalingV1Docs: Readonly<Record<string, TypeDocs>> = {
  Scale: {
    "": "How many copies something has and should have.",
  },
  ScaleSpec: {
    "": "How many there should be.",
    replicas: "The number.",
  },
  ScaleStatus: {
    "": "How many there are.",
    replicas: "The number.",
    selector: "The pods, as a label selector in text.",
  },
  HorizontalPodAutoscaler: {
    "": "Changes the number of copies as metrics change.",
  },
  HorizontalPodAutoscalerSpec: {
    "": "Of what and between which numbers.",
    scaleTargetRef: "What is scaled.",
    minReplicas: "How many copies at least; default 1.",
    maxReplicas: "How many copies at most.",
    targetCPUUtilizationPercentage: "CPU use to aim at, per cent of what the pods request.",
  },
  CrossVersionObjectReference: {
    "": "An object of any kind.",
    kind: "Its kind.",
    name: "Its name.",
    apiVersion: "Its group and version.",
  },
  HorizontalPodAutoscalerStatus: {
    "": "What was measured and what follows.",
    lastScaleTime: "When the number last changed.",
    currentReplicas: "How many copies there are.",
    desiredReplicas: "How many there should be.",
    currentCPUUtilizationPercentage: "CPU use, per cent of what the pods request.",
  },
};
