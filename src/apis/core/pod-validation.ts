import { path } from "#machinery/field-error.ts";
import { nameIsSubdomain, qualifiedName, rangeMessage } from "#machinery/names.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { checkMeta } from "../meta/basic-strategy.ts";
import type { NodeAffinity, NodeSelectorTerm } from "./affinity.ts";
import { affinityLeniency, hasInvalidSelectorValues } from "./affinity-validation.ts";
import { validateImageSpaces } from "./container-validation.ts";
import type { Container } from "./container.ts";
import {
  isDeletionCost,
  validatePodAnnotations,
  validatePodAnnotationUpdate,
  validateProfilesMatch,
} from "./pod-annotation-validation.ts";
import { validatePodSpec } from "./pod-spec-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import { type Pod, pods } from "./pod.ts";
import { validateOnlyAddedTolerations, validateOnlyDeletedGates } from "./scheduling-validation.ts";

const metaAt = path("metadata");
const annotationsAt = metaAt.child("annotations");
const specAt = path("spec");
const int32Max = 2 ** 31 - 1;

/** Metadata and spec of a pod, as create and update both check them. */
export function validatePodParts(
  problems: Problems,
  pod: Pod,
  old: Pod | undefined,
  { allowPrivileged }: Pick<StrategyContext, "allowPrivileged">,
): void {
  const { metadata, spec } = pod;
  checkMeta(problems, pod, { resource: pods });
  const oldCost = old?.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"];
  const badCost = oldCost !== undefined && !isDeletionCost(oldCost);
  validatePodAnnotations(problems, annotationsAt, metadata.annotations, spec, badCost);
  validatePodSpec(problems, specAt, spec, {
    podName: metadata.name,
    isPod: true,
    allowPrivileged,
    ...(old ? affinityLeniency(old.spec.affinity) : {}),
    spreadSelectors: (old?.spec.topologySpreadConstraints ?? []).some(({ labelSelector }) =>
      hasInvalidSelectorValues(labelSelector),
    ),
  });
  if (!spec.serviceAccountName) {
    for (const [i, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [j, source] of (projected?.sources ?? []).entries()) {
        if (!source.serviceAccountToken) continue;
        const at = specAt.child("volumes").index(i).child("projected", "sources").index(j);
        const detail = "must not be specified when serviceAccountName is not set";
        problems.forbidden(at.child("serviceAccountToken"), detail);
      }
    }
  }
  for (const field of ["containers", "initContainers"] as const) {
    for (const [i, container] of (spec[field] ?? []).entries()) {
      validateImageSpaces(problems, specAt.child(field).index(i), container);
    }
  }
}

export function validatePodCreate(
  problems: Problems,
  pod: Pod,
  context: Pick<StrategyContext, "allowPrivileged">,
): void {
  const { metadata, spec } = pod;
  validatePodParts(problems, pod, undefined, context);
  if (spec.ephemeralContainers?.length) {
    problems.forbidden(specAt.child("ephemeralContainers"), "cannot be set on create");
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    const detail = "cannot be set until all schedulingGates have been cleared";
    problems.forbidden(specAt.child("nodeName"), detail);
  }
  validateProfilesMatch(problems, specAt, metadata.annotations, spec);
}

/** False: the rest of the update need not be looked at. */
function validateContainerUpdates(
  problems: Problems,
  field: "containers" | "initContainers",
  containers: readonly DeepReadonly<Container>[] = [],
  old: readonly DeepReadonly<Container>[] = [],
): boolean {
  const at = specAt.child(field);
  if (containers.length !== old.length) {
    problems.forbidden(at, "pod updates may not add or remove containers");
    return false;
  }
  for (const [i, container] of containers.entries()) {
    if (!container.image) problems.required(at.index(i).child("image"));
    validateImageSpaces(problems, at.index(i), container);
  }
  return true;
}

/** False: the rest of the update need not be looked at. */
function validateDeadlineUpdate(
  problems: Problems,
  deadline: number | undefined,
  old: number | undefined,
): boolean {
  const at = specAt.child("activeDeadlineSeconds");
  if (deadline === undefined) {
    if (old !== undefined) {
      problems.invalid(at, null, "must not update from a positive integer to nil value");
    }
    return true;
  }
  if (deadline < 0 || deadline > int32Max) {
    problems.invalid(at, deadline, rangeMessage(0, int32Max));
    return false;
  }
  if (old !== undefined && old < deadline) {
    problems.invalid(at, deadline, "must be less than or equal to previous value");
    return false;
  }
  return true;
}

const updatableFields = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

/** What an update may not do to a pod, besides breaking the rules for all pods. */
export function validatePodUpdate(
  problems: Problems,
  pod: Pod,
  old: Pod,
  context: Pick<StrategyContext, "allowPrivileged">,
): void {
  const { spec } = pod;
  validatePodParts(problems, pod, old, context);
  const { annotations } = pod.metadata;
  validatePodAnnotationUpdate(problems, annotationsAt, annotations, old.metadata.annotations);
  for (const field of ["containers", "initContainers"] as const) {
    if (!validateContainerUpdates(problems, field, spec[field], old.spec[field])) return;
  }
  const { activeDeadlineSeconds: deadline } = spec;
  if (!validateDeadlineUpdate(problems, deadline, old.spec.activeDeadlineSeconds)) return;
  validateOnlyAddedTolerations(
    problems,
    specAt.child("tolerations"),
    spec.tolerations ?? [],
    old.spec.tolerations ?? [],
  );
  validateOnlyDeletedGates(
    problems,
    specAt.child("schedulingGates"),
    spec.schedulingGates ?? [],
    old.spec.schedulingGates ?? [],
  );
  if (equalJson(spec, old.spec)) return;
  const munged = withOldMutables(problems, spec, old.spec);
  if (equalJson(munged, old.spec)) return;
  const detail = `pod updates may not change fields other than ${updatableFields.join(",")}\n`;
  problems.forbidden(specAt, detail + changedFields(munged, old.spec));
}

/** The names of the fields that differ, for people. */
function changedFields(spec: DeepReadonly<PodSpec>, old: DeepReadonly<PodSpec>): string {
  const names = new Set([...Object.keys(spec), ...Object.keys(old)]) as Set<keyof PodSpec>;
  const changed = [...names].filter((name) => !equalJson(spec[name], old[name]));
  return changed.map((name) => `  spec.${name}`).join("\n");
}

/** The new spec with all that may change put back as it was. */
function withOldMutables(problems: Problems, spec: PodSpec, old: PodSpec): PodSpec {
  const munged = cloneJson(spec);
  for (const field of ["containers", "initContainers"] as const) {
    for (const [i, container] of (munged[field] ?? []).entries()) {
      restore(container, "image", old[field]?.[i]?.image);
    }
  }
  restore(munged, "activeDeadlineSeconds", old.activeDeadlineSeconds);
  restore(munged, "schedulingGates", old.schedulingGates);
  restore(munged, "tolerations", old.tolerations);
  const grace = old.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && munged.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = grace;
  }
  if (old.schedulingGates?.length) restoreGated(problems, munged, old);
  return munged;
}

function restore<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

/** A gated pod may still narrow where it can run. */
function restoreGated(problems: Problems, munged: PodSpec, old: PodSpec): void {
  const selector = munged.nodeSelector ?? {};
  const kept = Object.entries(old.nodeSelector ?? {}).every(
    ([key, value]) => selector[key] === value,
  );
  if (!kept) {
    const detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    problems.invalid(specAt.child("nodeSelector"), munged.nodeSelector ?? null, detail);
  }
  restore(munged, "nodeSelector", old.nodeSelector);
  const next = munged.affinity?.nodeAffinity;
  const before = old.affinity?.nodeAffinity;
  if (equalJson(next, before)) return;
  validateNodeAffinityMutation(problems, next, before);
  if (munged.affinity) {
    restore(munged.affinity, "nodeAffinity", before);
    if (!old.affinity && Object.keys(munged.affinity).length === 0) delete munged.affinity;
  } else if (before) {
    munged.affinity = { nodeAffinity: before };
  }
}

function validateNodeAffinityMutation(
  problems: Problems,
  next: DeepReadonly<NodeAffinity> | undefined,
  old: DeepReadonly<NodeAffinity> | undefined,
): void {
  const at = specAt
    .child("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    .child("nodeSelectorTerms");
  const terms = (affinity: typeof next) =>
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [before, after] = [terms(old), terms(next)];
  if (before.length === 0) return;
  if (before.length !== after.length) {
    const detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
    problems.invalid(at, after, detail);
    return;
  }
  for (const [i, term] of before.entries()) {
    const now = after[i] as DeepReadonly<NodeSelectorTerm>;
    if (onlyAdds(now, term)) continue;
    const detail = "only additions are allowed (no mutations or deletions)";
    problems.invalid(at.index(i), now, detail);
  }
}

function onlyAdds(
  next: DeepReadonly<NodeSelectorTerm>,
  old: DeepReadonly<NodeSelectorTerm>,
): boolean {
  const fields = ["matchExpressions", "matchFields"] as const;
  if (fields.every((field) => !old[field]?.length)) {
    return fields.every((field) => !next[field]?.length);
  }
  return fields.every((field) => {
    const before = old[field] ?? [];
    return equalJson((next[field] ?? []).slice(0, before.length), before);
  });
}

/** Conditions of a pod's status, and the node it is nominated for. */
export function validateConditionTypes(
  problems: Problems,
  conditions: readonly { readonly type: string }[],
): void {
  const system = ["PodScheduled", "Ready", "Initialized"];
  for (const [i, { type }] of conditions.entries()) {
    if (system.includes(type)) continue;
    problems.each(metaAt.child("conditions").index(i).child("Type"), type, qualifiedName(type));
  }
}

export function validateNominatedNode(problems: Problems, name: string): void {
  problems.each("status.nominatedNodeName", name, nameIsSubdomain(name, false));
}
