import { type Path, path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import { isEmptySelector, validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import {
  tryLabelQuery,
  validateEndless,
  validateEndlessTemplate,
  validatePodTemplate,
} from "../core/pod-template-validation.ts";
import type { PodTemplateSpec } from "../core/pod-spec.ts";
import type { LabelSelector } from "../meta/label-selector.ts";
import { numberOf, validateAtMostAll, validateIntOrPercent } from "../meta/counts-validation.ts";
import type { DaemonSetSpec } from "./daemon-set.ts";
import type { DeploymentSpec, DeploymentStrategy } from "./deployment.ts";
import type { ReplicaSetSpec } from "./replica-set.ts";
import type { StatefulSetSpec } from "./stateful-set.ts";

const at = path("spec");
const templateAt = at.child("template");
type Privileges = Pick<StrategyContext, "allowPrivileged">;

function validateSelector(
  problems: Problems,
  selector: DeepReadonly<LabelSelector> | null | undefined,
  owner: string,
): void {
  if (!selector) {
    problems.required(at.child("selector"));
    return;
  }
  validateLabelSelector(problems, at.child("selector"), selector);
  if (isEmptySelector(selector)) {
    problems.invalid(at.child("selector"), selector, `empty selector is invalid for ${owner}`);
  }
}

interface Selecting {
  readonly selector: DeepReadonly<LabelSelector> | null;
  readonly template: DeepReadonly<PodTemplateSpec>;
}

function validateSelected(
  problems: Problems,
  spec: Selecting,
  owner: string,
  context: Privileges,
): void {
  const query = tryLabelQuery(spec.selector);
  if (!query) problems.invalid(at.child("selector"), spec.selector, "invalid label selector");
  else validateEndlessTemplate(problems, templateAt, spec.template, query, owner, context);
}

export function validateReplicaSetSpec(
  problems: Problems,
  spec: DeepReadonly<ReplicaSetSpec>,
  context: Privileges,
): void {
  problems.nonNegative(at.child("replicas"), spec.replicas);
  problems.nonNegative(at.child("minReadySeconds"), spec.minReadySeconds);
  validateSelector(problems, spec.selector, "deployment");
  validateSelected(problems, spec, "ReplicaSet", context);
}

export function validateDeploymentSpec(
  problems: Problems,
  spec: DeepReadonly<DeploymentSpec>,
  context: Privileges,
): void {
  problems.nonNegative(at.child("replicas"), spec.replicas);
  validateSelector(problems, spec.selector, "deployment");
  validateSelected(problems, spec, "ReplicaSet", context);
  validateDeploymentStrategy(problems, at.child("strategy"), spec.strategy);
  problems.nonNegative(at.child("minReadySeconds"), spec.minReadySeconds);
  problems.nonNegative(at.child("revisionHistoryLimit"), spec.revisionHistoryLimit);
  const deadline = spec.progressDeadlineSeconds;
  const deadlineAt = at.child("progressDeadlineSeconds");
  problems.nonNegative(deadlineAt, deadline);
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    problems.invalid(deadlineAt, deadline, "must be greater than minReadySeconds");
  }
}

function validateDeploymentStrategy(
  problems: Problems,
  strategyAt: Path,
  strategy: DeepReadonly<DeploymentStrategy>,
): void {
  const { rollingUpdate, type = "" } = strategy;
  const rollingAt = strategyAt.child("rollingUpdate");
  if (type === "Recreate") {
    if (rollingUpdate) {
      const detail = "may not be specified when strategy `type` is 'Recreate'";
      problems.forbidden(rollingAt, detail);
    }
    return;
  }
  if (type !== "RollingUpdate") {
    problems.notSupported(strategyAt, strategy, ["Recreate", "RollingUpdate"]);
    return;
  }
  if (!rollingUpdate) {
    problems.required(rollingAt, "this should be defaulted and never be nil");
    return;
  }
  const { maxSurge, maxUnavailable } = rollingUpdate;
  const unavailableAt = rollingAt.child("maxUnavailable");
  validateIntOrPercent(problems, unavailableAt, maxUnavailable);
  validateIntOrPercent(problems, rollingAt.child("maxSurge"), maxSurge);
  if (numberOf(maxUnavailable) === 0 && numberOf(maxSurge) === 0) {
    problems.invalid(unavailableAt, maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0");
  }
  validateAtMostAll(problems, unavailableAt, maxUnavailable);
}

export function validateDaemonSetSpec(
  problems: Problems,
  spec: DeepReadonly<DaemonSetSpec>,
  context: Privileges,
): void {
  validateLabelSelector(problems, at.child("selector"), spec.selector);
  const query = tryLabelQuery(spec.selector);
  if (query && !query.matches(spec.template.metadata.labels)) {
    const detail = "`selector` does not match template `labels`";
    const labels = spec.template.metadata.labels ?? null;
    problems.invalid(templateAt.child("metadata", "labels"), labels, detail);
  }
  if (spec.selector && isEmptySelector(spec.selector)) {
    const detail = "empty selector is invalid for daemonset";
    problems.invalid(at.child("selector"), spec.selector, detail);
  }
  validatePodTemplate(problems, templateAt, spec.template, context);
  for (const [i, { gcePersistentDisk }] of (spec.template.spec.volumes ?? []).entries()) {
    if (!gcePersistentDisk || gcePersistentDisk.readOnly) continue;
    const place = templateAt.child("spec", "volumes").index(i);
    const detail =
      "must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only";
    problems.invalid(place.child("gcePersistentDisk", "readOnly"), false, detail);
  }
  validateEndless(problems, templateAt, spec.template, "DaemonSet");
  problems.nonNegative(at.child("minReadySeconds"), spec.minReadySeconds);
  validateDaemonSetUpdate(problems, at.child("updateStrategy"), spec.updateStrategy);
  problems.nonNegative(at.child("revisionHistoryLimit"), spec.revisionHistoryLimit);
}

function validateDaemonSetUpdate(
  problems: Problems,
  strategyAt: Path,
  strategy: DeepReadonly<DaemonSetSpec>["updateStrategy"],
): void {
  const { rollingUpdate, type = "" } = strategy ?? {};
  if (type === "OnDelete") return;
  if (type !== "RollingUpdate") {
    problems.notSupported(strategyAt, strategy ?? {}, ["OnDelete", "RollingUpdate"]);
    return;
  }
  const rollingAt = strategyAt.child("rollingUpdate");
  if (!rollingUpdate) {
    problems.required(rollingAt);
    return;
  }
  const { maxSurge, maxUnavailable } = rollingUpdate;
  for (const [field, value] of [
    ["maxUnavailable", maxUnavailable],
    ["maxSurge", maxSurge],
  ] as const) {
    validateIntOrPercent(problems, rollingAt.child(field), value);
    validateAtMostAll(problems, rollingAt.child(field), value);
  }
  const surges = numberOf(maxSurge) !== 0;
  const lacks = numberOf(maxUnavailable) !== 0;
  if (surges && lacks) {
    const detail = "may not be set when maxUnavailable is non-zero";
    problems.invalid(rollingAt.child("maxSurge"), maxSurge, detail);
  } else if (!surges && !lacks) {
    problems.required(rollingAt.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
  }
}

export function validateStatefulSetSpec(
  problems: Problems,
  spec: DeepReadonly<StatefulSetSpec>,
  context: Privileges,
): void {
  const management = spec.podManagementPolicy;
  const managementAt = at.child("podManagementPolicy");
  if (!management) problems.required(managementAt);
  else if (management !== "OrderedReady" && management !== "Parallel") {
    problems.invalid(managementAt, management, "must be 'OrderedReady' or 'Parallel'");
  }
  validateStatefulSetUpdate(problems, at.child("updateStrategy"), spec.updateStrategy);
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  const retentionAt = at.child("persistentVolumeClaimRetentionPolicy");
  if (retention) {
    for (const field of ["whenDeleted", "whenScaled"] as const) {
      problems.requiredOneOf(retentionAt.child(field), retention[field], ["Retain", "Delete"]);
    }
  }
  problems.nonNegative(at.child("replicas"), spec.replicas);
  problems.nonNegative(at.child("minReadySeconds"), spec.minReadySeconds);
  problems.nonNegative(at.child("ordinals", "start"), spec.ordinals?.start);
  validateSelector(problems, spec.selector, "statefulset");
  const query = tryLabelQuery(spec.selector);
  if (!query) {
    problems.invalid(at.child("selector"), spec.selector, "");
    validateEndless(problems, templateAt, spec.template, "StatefulSet");
  } else {
    validateEndlessTemplate(problems, templateAt, spec.template, query, "StatefulSet", context);
  }
}

function validateStatefulSetUpdate(
  problems: Problems,
  strategyAt: Path,
  strategy: DeepReadonly<StatefulSetSpec>["updateStrategy"],
): void {
  const { rollingUpdate, type = "" } = strategy ?? {};
  const rollingAt = strategyAt.child("rollingUpdate");
  if (type === "") problems.required(strategyAt);
  else if (type === "OnDelete") {
    if (rollingUpdate) {
      const detail = "only allowed for updateStrategy 'RollingUpdate'";
      problems.invalid(rollingAt, rollingUpdate, detail);
    }
  } else if (type !== "RollingUpdate") {
    problems.invalid(strategyAt, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  } else if (rollingUpdate) {
    const { maxUnavailable, partition } = rollingUpdate;
    problems.nonNegative(rollingAt.child("partition"), partition);
    if (maxUnavailable === undefined) return;
    const unavailableAt = rollingAt.child("maxUnavailable");
    validateIntOrPercent(problems, unavailableAt, maxUnavailable);
    if (numberOf(maxUnavailable) === 0) {
      problems.invalid(unavailableAt, maxUnavailable, "cannot be 0");
    }
    validateAtMostAll(problems, unavailableAt, maxUnavailable);
  }
}
