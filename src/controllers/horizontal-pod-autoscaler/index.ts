/**
 * The horizontal pod autoscaler sets the size of workloads by the resources that their pods use.
 * Reads HorizontalPodAutoscaler, Pod, the resource metrics API. Writes scale subresources,
 * HorizontalPodAutoscaler/status. Only resource metrics are known so far.
 */
import { allResources } from "#apis/all.ts";
import {
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalers,
  type HorizontalPodAutoscalerStatus,
} from "#apis/autoscaling/horizontal-pod-autoscaler.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { rfc3339 } from "#base/clock.ts";
import { parseApiVersion, type Resource } from "#machinery/resource.ts";
import { quantityOfMilli } from "#machinery/quantity.ts";
import type { Scale } from "#client/client.ts";
import { defineController, done, type ReconcileContext, requeueAfter } from "#client/reconciler.ts";
import { messageOf } from "../shared/pod-control.ts";
import { writeStatus } from "../shared/status.ts";
import { podUsages } from "./metrics.ts";
import { limited, proposeReplicas, type Proposal } from "./plan.ts";

/** As upstream's --horizontal-pod-autoscaler-sync-period. */
const syncMs = 15_000;
/** Scaling down takes the most that was wanted within this time. */
const downWindowMs = 300_000;

type Conditions = NonNullable<HorizontalPodAutoscalerStatus["conditions"]>;
type Status = HorizontalPodAutoscalerStatus;

export const horizontalPodAutoscalerController = () => {
  /** What was wanted lately, by autoscaler. */
  const wanted = new Map<string, { atMs: number; replicas: number }[]>();
  return defineController<HorizontalPodAutoscaler>({
    name: "horizontal-pod-autoscaler-controller",
    account: "horizontal-pod-autoscaler",
    component: "horizontal-pod-autoscaler",
    for: horizontalPodAutoscalers,
    when: (next, old) => !next || next.metadata.generation !== old?.metadata.generation || !old,
    reads: [pods],
    async reconcile(key, context) {
      const hpa = context.caches.get(horizontalPodAutoscalers, key);
      if (!hpa) {
        wanted.delete(key);
        return done;
      }
      const history = wanted.get(key) ?? [];
      wanted.set(key, history);
      const status = await sync(hpa, history, context);
      await writeStatus(context.client, horizontalPodAutoscalers, hpa, status);
      return requeueAfter(syncMs);
    },
  });
};

async function sync(
  hpa: HorizontalPodAutoscaler,
  history: { atMs: number; replicas: number }[],
  context: ReconcileContext,
): Promise<Status> {
  const { client, clock, recorder } = context;
  const set = conditionSetter(hpa, clock.now());
  const before: Status = { desiredReplicas: 0, currentMetrics: null, ...hpa.status };
  const target = targetOf(hpa);
  const at = { namespace: hpa.metadata.namespace, name: hpa.spec.scaleTargetRef.name };
  let scale: Scale;
  try {
    if (!target) throw new Error(`no matches for kind ${hpa.spec.scaleTargetRef.kind}`);
    scale = await client.getScale(target, at);
  } catch (error) {
    const why = messageOf(error);
    recorder.warning(hpa, "FailedGetScale", why);
    const text = `the HPA controller was unable to get the target's current scale: ${why}`;
    return { ...before, conditions: set("AbleToScale", "False", "FailedGetScale", text) };
  }
  const found = "the HPA controller was able to get the target's current scale";
  set("AbleToScale", "True", "SucceededGetScale", found);
  const current = scale.spec?.replicas ?? 0;
  if (current === 0 && (hpa.spec.minReplicas ?? 1) !== 0) {
    const text = "scaling is disabled since the replica count of the target is zero";
    const conditions = set("ScalingActive", "False", "ScalingDisabled", text);
    return { ...before, currentReplicas: 0, conditions };
  }
  let proposals: Proposal[];
  try {
    proposals = await propose(hpa, scale, current, context);
  } catch (error) {
    const conditions = metricsFailed(hpa, messageOf(error), set, recorder);
    return { ...before, currentReplicas: current, currentMetrics: [{ type: "" }], conditions };
  }
  const best = Math.max(...proposals.map(({ replicas }) => replicas));
  const { replicas: bounded, limit } = limited(hpa, current, best);
  const replicas = stabilised(history, bounded, current, clock.now());
  const active = "the HPA was able to successfully calculate a replica count from cpu resource";
  set("ScalingActive", "True", "ValidMetricFound", active);
  const within = limit === "DesiredWithinRange";
  const text = within ? "the desired count is within the acceptable range" : limitText(limit);
  const conditions = set("ScalingLimited", within ? "False" : "True", limit, text);
  const status: Status = {
    ...before,
    currentReplicas: current,
    desiredReplicas: replicas,
    currentMetrics: proposals.map((proposal, i) => metricStatus(hpa, i, proposal)),
    conditions,
  };
  if (replicas === current || !target) return status;
  await client.updateScale(target, { ...scale, spec: { ...scale.spec, replicas } });
  const why = replicas > current ? "cpu resource above target" : "All metrics below target";
  recorder.normal(hpa, "SuccessfulRescale", `New size: ${replicas}; reason: ${why}`);
  return { ...status, lastScaleTime: rfc3339(clock.now()) };
}

function limitText(limit: string): string {
  if (limit === "TooFewReplicas") {
    return "the desired replica count is less than the minimum replica count";
  }
  if (limit === "TooManyReplicas") {
    return "the desired replica count is more than the maximum replica count";
  }
  return "the desired replica count is increasing faster than the maximum scale rate";
}

function targetOf({ spec }: HorizontalPodAutoscaler): Resource | undefined {
  const { apiVersion = "v1", kind } = spec.scaleTargetRef;
  const { group } = parseApiVersion(apiVersion);
  return allResources.find((one) => one.group === group && one.kind === kind);
}

/** Sets a condition among those set so far; all of them. */
function conditionSetter(hpa: HorizontalPodAutoscaler, nowMs: number) {
  let conditions: Conditions = [...(hpa.status?.conditions ?? [])];
  return (type: string, status: string, reason: string, message: string): Conditions => {
    const old = conditions.find((condition) => condition.type === type);
    const now = rfc3339(nowMs);
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    const next = { type, status, lastTransitionTime, reason, message };
    conditions = old
      ? conditions.map((condition) => (condition === old ? next : condition))
      : [...conditions, next];
    return conditions;
  };
}

/** Each metric's proposal. @throws Error of the first that fails. */
async function propose(
  { metadata, spec }: HorizontalPodAutoscaler,
  scale: Scale,
  current: number,
  { client, caches }: ReconcileContext,
): Promise<Proposal[]> {
  const { namespace = "" } = metadata;
  const selected = selectPods(caches.of(pods).list(namespace), scale.status?.selector ?? "");
  const proposals: Proposal[] = [];
  for (const { type, resource } of spec.metrics ?? []) {
    if (type !== "Resource" || !resource) throw new Error(`unsupported metric source type ${type}`);
    const what = resource.target.averageUtilization === undefined ? "usage" : "utilization";
    try {
      const usages = await podUsages(client, namespace, resource.name);
      proposals.push(proposeReplicas(resource, selected, usages, current));
    } catch (error) {
      const text = `failed to get ${resource.name} ${what}: ${messageOf(error)}`;
      throw new Error(text, { cause: error });
    }
  }
  return proposals;
}

/** Scale statuses give the selector as text; those of workloads are plain equalities mostly. */
function selectPods(all: readonly Pod[], selector: string): Pod[] {
  const wanted = selector.split(",").map((part) => part.split("="));
  return all.filter(({ metadata }) =>
    wanted.every(([name = "", value]) => metadata.labels?.[name] === value),
  );
}

function metricsFailed(
  hpa: HorizontalPodAutoscaler,
  why: string,
  set: ReturnType<typeof conditionSetter>,
  recorder: ReconcileContext["recorder"],
): Conditions {
  const count = hpa.spec.metrics?.length ?? 0;
  const name = hpa.spec.metrics?.[0]?.resource?.name ?? "";
  const first = `invalid metrics (${count} invalid out of ${count}), first error is: failed to get ${name} resource metric value: ${why}`;
  recorder.warning(hpa, "FailedGetResourceMetric", why);
  recorder.warning(hpa, "FailedComputeMetricsReplicas", first);
  const text = `the HPA was unable to compute the replica count: ${why}`;
  return set("ScalingActive", "False", "FailedGetResourceMetric", text);
}

function stabilised(
  history: { atMs: number; replicas: number }[],
  replicas: number,
  current: number,
  nowMs: number,
): number {
  history.push({ atMs: nowMs, replicas });
  while (history[0] && nowMs - history[0].atMs > downWindowMs) history.shift();
  if (replicas >= current) return replicas;
  return Math.min(current, Math.max(...history.map((one) => one.replicas)));
}

function metricStatus(hpa: HorizontalPodAutoscaler, index: number, proposal: Proposal) {
  const name = hpa.spec.metrics?.[index]?.resource?.name ?? "";
  const { averageUtilization, averageMilli } = proposal;
  const current = {
    averageValue: quantityOfMilli(averageMilli),
    ...(averageUtilization === undefined ? {} : { averageUtilization }),
  };
  return { type: "Resource", resource: { name, current } };
}
