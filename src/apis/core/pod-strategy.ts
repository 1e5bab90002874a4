import type { Pod } from "./pod.ts";
import { pods } from "./pod.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import type { Strategy, SubresourceStrategy } from "#machinery/strategy.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { LabelSelector } from "../meta/label-selector.ts";
import {
  checkMetaUpdate,
  emptyStatus,
  keepMetadata,
  kindStrategy,
} from "../meta/basic-strategy.ts";
import type { PodAffinityTerm } from "./affinity.ts";
import { mirrorPodAnnotation, validatePodAnnotationUpdate } from "./pod-annotation-validation.ts";
import { qosClassOf } from "./pod-qos.ts";
import { onlyResources, validatePodResize } from "./pod-resize-validation.ts";
import type { PodStatus } from "./pod-status.ts";
import { validatePodStatusUpdate } from "./pod-status-validation.ts";
import { validatePodCreate, validatePodParts, validatePodUpdate } from "./pod-validation.ts";
import { podWarnings } from "./pod-warnings-strategy.ts";
import { path } from "#machinery/field-error.ts";

type Operator = "In" | "NotIn";

/** Adds to a selector that the pod's own values of these labels count, or do not. */
function selectOwnLabels(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: Operator,
  labels: Readonly<Record<string, string>>,
): void {
  if (!selector) return;
  for (const key of keys ?? []) {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}

/** `matchLabelKeys` of affinities and spread constraints become part of their selectors. */
function applyMatchLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  const apply = (term: PodAffinityTerm) => {
    selectOwnLabels(term.labelSelector, term.matchLabelKeys, "In", labels);
    selectOwnLabels(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels);
  };
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach(apply);
    for (const weighted of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      apply(weighted.podAffinityTerm);
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    selectOwnLabels(constraint.labelSelector, constraint.matchLabelKeys, "In", labels);
  }
}

/** The service account's old field says the same as the new one. */
function mirrorServiceAccount({ spec }: Pod): void {
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
}

function firstStatus(pod: Pod): PodStatus {
  const status = emptyStatus(pods) as PodStatus;
  status.phase = "Pending";
  status.qosClass = qosClassOf(pod.spec);
  if (pod.spec.schedulingGates?.length) {
    status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        lastProbeTime: null,
        lastTransitionTime: null,
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ];
  }
  return status;
}

/** Seconds that a pod has to end; unscheduled and finished pods need none. */
function gracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec.nodeName) return 0;
  if (pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded") return 0;
  const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return period < 0 ? 1 : period;
}

const ephemeralContainers: SubresourceStrategy<Pod> = {
  resetFields: [],
  prepareForUpdate(pod, old) {
    const { ephemeralContainers: wanted } = pod.spec;
    keepMetadata(pod, old);
    const { ephemeralContainers: _old, ...rest } = cloneJson(old.spec);
    pod.spec = wanted ? { ...rest, ephemeralContainers: wanted } : rest;
    if (old.status) pod.status = old.status;
  },
  validateUpdate(pod, old, context) {
    const problems = new Problems();
    if (old.metadata.annotations?.[mirrorPodAnnotation] !== undefined) {
      problems.forbidden("", "static pods do not support ephemeral containers");
      return problems.list;
    }
    checkMetaUpdate(problems, pod, old);
    validatePodParts(problems, pod, old, context);
    validatePodAnnotationUpdate(
      problems,
      path("metadata", "annotations"),
      pod.metadata.annotations,
      old.metadata.annotations,
    );
    const next = new Map((pod.spec.ephemeralContainers ?? []).map((one) => [one.name, one]));
    for (const before of old.spec.ephemeralContainers ?? []) {
      const now = next.get(before.name);
      const what = `existing ephemeral containers ${JSON.stringify(before.name)} may not be`;
      if (!now) problems.forbidden("spec.ephemeralContainers", `${what} removed\n`);
      else if (!equalJson(now, before)) {
        problems.forbidden("spec.ephemeralContainers", `${what} changed\n`);
      }
    }
    return problems.list;
  },
};

const resize: SubresourceStrategy<Pod> = {
  resetFields: [],
  prepareForUpdate(pod, old) {
    pod.spec = onlyResources(pod, old);
    keepMetadata(pod, old);
    if (old.status) pod.status = old.status;
  },
  validateUpdate(pod, old, context) {
    const problems = new Problems();
    checkMetaUpdate(problems, pod, old);
    validatePodResize(problems, pod, old, context);
    return problems.list;
  },
};

/** A field behind a gate that is closed by default (ContainerStopSignals, KEP-4960). */
function dropStopSignals({ spec }: Pod): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    delete container.lifecycle?.stopSignal;
  }
}

export const podStrategy: Strategy<Pod> = {
  ...kindStrategy<Pod>({
    resource: pods,
    metadata: "none",
    updateSkipsValidate: true,
    prepareForUpdate: mirrorServiceAccount,
    status: {
      resetFields: ["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"],
      prepareForUpdate(pod, old) {
        // Old kubelets send owner references back in a broken form.
        if (old.metadata.ownerReferences) {
          pod.metadata.ownerReferences = old.metadata.ownerReferences;
        } else {
          delete pod.metadata.ownerReferences;
        }
        const qosClass = old.status?.qosClass;
        if (pod.status && !pod.status.qosClass && qosClass) pod.status.qosClass = qosClass;
      },
      validateUpdate(problems, pod, old) {
        checkMetaUpdate(problems, pod, old);
        validatePodStatusUpdate(problems, pod, old);
      },
    },
    validate: (problems, pod, context) => validatePodCreate(problems, pod, context),
    validateUpdate(problems, pod, old, context) {
      checkMetaUpdate(problems, pod, old);
      validatePodUpdate(problems, pod, old, context);
    },
    subresources: { ephemeralcontainers: ephemeralContainers, resize },
  }),
  prepareForCreate(pod) {
    dropStopSignals(pod);
    const seconds = pod.spec.terminationGracePeriodSeconds ?? 0;
    if (seconds < 0) pod.spec.terminationGracePeriodSeconds = 1;
    mirrorServiceAccount(pod);
    applyMatchLabelKeys(pod);
    pod.status = firstStatus(pod);
  },
  warnings: (pod, old) => (old && equalJson(pod.spec, old.spec) ? [] : podWarnings(pod)),
  gracePeriodSeconds,
};
