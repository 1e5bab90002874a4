import { type Path, path } from "#machinery/field-error.ts";
import { dns1123Label, dns1123Subdomain, qualifiedName, regexMessage } from "#machinery/names.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { tryLabelQuery, validatePodTemplate } from "../core/pod-template-validation.ts";
import type { PodTemplateSpec } from "../core/pod-spec.ts";
import type { Job, JobSpec } from "./job.ts";
import { validatePodFailurePolicy, validateSuccessPolicy } from "./job-policy-validation.ts";

type Privileges = Pick<StrategyContext, "allowPrivileged">;

export const jobLabels = {
  name: "batch.kubernetes.io/job-name",
  uid: "batch.kubernetes.io/controller-uid",
  oldName: "job-name",
  oldUid: "controller-uid",
} as const;

const highCompletions = 100_000;
const highParallelism = 10_000;

/** The spec of a Job, or of what a CronJob makes. */
export function validateJobParts(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<JobSpec>,
  context: Privileges,
): void {
  for (const field of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const) {
    problems.nonNegative(at.child(field), spec[field]);
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    problems.required(at.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
  }
  if (spec.managedBy !== undefined) validateManagedBy(problems, at.child("managedBy"), spec);
  validateCompletionMode(problems, at, spec);
  if (spec.podFailurePolicy) {
    validatePodFailurePolicy(problems, at.child("podFailurePolicy"), spec);
  }
  if (spec.successPolicy) {
    const policyAt = at.child("successPolicy");
    if (spec.completionMode === "Indexed") validateSuccessPolicy(problems, policyAt, spec);
    else problems.invalid(policyAt, spec.successPolicy, "requires indexed completion mode");
  }
  if (spec.podReplacementPolicy !== undefined) {
    const allowed = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
    problems.oneOf(at.child("podReplacementPolicy"), spec.podReplacementPolicy, allowed);
  }
  validatePodTemplate(problems, at.child("template"), spec.template, context);
  validateRestartPolicy(problems, at.child("template", "spec", "restartPolicy"), spec);
}

function validateRestartPolicy(
  problems: Problems,
  at: Path,
  { podFailurePolicy, template }: DeepReadonly<JobSpec>,
): void {
  const policy = template.spec.restartPolicy ?? "";
  if (policy === "" || policy === "Always") {
    problems.required(at, 'valid values: "OnFailure", "Never"');
  } else if (policy !== "OnFailure" && policy !== "Never") {
    problems.notSupported(at, policy, ["OnFailure", "Never"]);
  } else if (podFailurePolicy && policy !== "Never") {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    problems.invalid(at, policy, detail);
  }
}

const httpPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function validateManagedBy(
  problems: Problems,
  at: Path,
  { managedBy = "" }: DeepReadonly<JobSpec>,
): void {
  if (managedBy === "") {
    problems.required(at);
  } else {
    const slash = managedBy.indexOf("/");
    const [host, rest] = [managedBy.slice(0, slash), managedBy.slice(slash + 1)];
    if (slash < 1 || rest === "") {
      const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
      problems.invalid(at, managedBy, detail);
    } else {
      problems.each(at, host, dns1123Subdomain(host));
      if (!httpPath.test(rest)) {
        const pattern = String.raw`[A-Za-z0-9/\-._~%!$&'()*+,;=:]+`;
        problems.invalid(at, rest, regexMessage("Invalid path", pattern));
      }
    }
  }
  problems.maxBytes(at, managedBy, 63);
}

function validateCompletionMode(problems: Problems, at: Path, spec: DeepReadonly<JobSpec>): void {
  const { backoffLimitPerIndex, completionMode: mode, completions, maxFailedIndexes } = spec;
  problems.oneOf(at.child("completionMode"), mode, ["NonIndexed", "Indexed"]);
  if (mode === undefined || mode === "NonIndexed") {
    const detail = "requires indexed completion mode";
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"] as const) {
      if (spec[field] !== undefined) problems.invalid(at.child(field), spec[field], detail);
    }
  }
  if (mode !== "Indexed") return;
  if (completions === undefined) {
    problems.required(at.child("completions"), "when completion mode is Indexed");
  }
  const parallelism = spec.parallelism ?? 0;
  const parallelismAt = at.child("parallelism");
  if (parallelism > highCompletions) {
    const detail = `must be less than or equal to ${highCompletions} when completion mode is Indexed`;
    problems.invalid(parallelismAt, parallelism, detail);
  }
  const failedAt = at.child("maxFailedIndexes");
  if (completions !== undefined && (maxFailedIndexes ?? 0) > completions) {
    problems.invalid(failedAt, maxFailedIndexes, "must be less than or equal to completions");
  }
  if ((maxFailedIndexes ?? 0) > highCompletions) {
    problems.invalid(
      failedAt,
      maxFailedIndexes,
      `must be less than or equal to ${highCompletions}`,
    );
  }
  if ((completions ?? 0) <= highCompletions || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    problems.required(failedAt, `must be specified when completions is above ${highCompletions}`);
  }
  if (parallelism > highParallelism) {
    const detail = `must be less than or equal to ${highParallelism} when completions are above ${highCompletions} and used with backoff limit per index`;
    problems.invalid(parallelismAt, parallelism, detail);
  }
  if ((maxFailedIndexes ?? 0) > highParallelism) {
    const detail = `must be less than or equal to ${highParallelism} when completions are above ${highCompletions} and used with backoff limit per index`;
    problems.invalid(failedAt, maxFailedIndexes, detail);
  }
}

const at = path("spec");

export function validateJobSpec(
  problems: Problems,
  spec: DeepReadonly<JobSpec>,
  context: Privileges,
): void {
  validateJobParts(problems, at, spec, context);
  if (!spec.selector) problems.required(at.child("selector"));
  else validateLabelSelector(problems, at.child("selector"), spec.selector);
  const query = tryLabelQuery(spec.selector);
  const labels = spec.template.metadata.labels;
  if (!query || query.matches(labels)) return;
  const place = at.child("template", "metadata", "labels");
  problems.invalid(place, labels ?? null, "`selector` does not match template `labels`");
}

/** A Job with what the server made of it: selector and labels. */
export function validateJob(problems: Problems, job: Job, context: Privileges): void {
  validateGeneratedSelector(problems, job);
  const { completionMode, completions = 0 } = job.spec;
  if (completionMode === "Indexed" && completions > 0) {
    const hostname = `${job.metadata.name}-${completions - 1}`;
    if (dns1123Label(hostname).length > 0) {
      const detail = `will not able to create pod with invalid DNS name: ${hostname}`;
      problems.invalid("metadata.name", job.metadata.name, detail);
    }
  }
  validateJobSpec(problems, job.spec, context);
}

function validateGeneratedSelector(problems: Problems, { metadata, spec }: Job): void {
  if (spec.manualSelector || !spec.selector) return;
  if (!metadata.uid) problems.required("metadata.uid");
  const labels = spec.template.metadata.labels;
  const place = at.child("template", "metadata", "labels");
  const expected = {
    [jobLabels.oldUid]: metadata.uid ?? "",
    [jobLabels.oldName]: metadata.name,
    [jobLabels.uid]: metadata.uid ?? "",
    [jobLabels.name]: metadata.name,
  };
  for (const [key, value] of Object.entries(expected)) {
    const actual = labels?.[key];
    if (actual === undefined) problems.required(place.key(key), `must be '${value}'`);
    else if (actual !== value) problems.invalid(place.key(key), labels, `must be '${value}'`);
  }
  const query = tryLabelQuery(spec.selector);
  if (query && !query.matches(expected)) {
    problems.invalid(at.child("selector"), spec.selector, "`selector` not auto-generated");
  }
}

/** What a Job that does not run yet may still change about its pods. */
function mutableScheduling(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const copy = cloneJson(template);
  const put = <T extends object, K extends keyof T>(target: T, source: T, key: K) => {
    if (source[key] === undefined) delete target[key];
    else target[key] = cloneJson(source[key]);
  };
  put(copy.metadata, old.metadata, "labels");
  put(copy.metadata, old.metadata, "annotations");
  put(copy.spec, old.spec, "nodeSelector");
  put(copy.spec, old.spec, "tolerations");
  put(copy.spec, old.spec, "schedulingGates");
  const nodeAffinity = old.spec.affinity?.nodeAffinity;
  if (copy.spec.affinity) {
    if (nodeAffinity) copy.spec.affinity.nodeAffinity = cloneJson(nodeAffinity);
    else delete copy.spec.affinity.nodeAffinity;
    if (Object.keys(copy.spec.affinity).length === 0 && !old.spec.affinity) {
      delete copy.spec.affinity;
    }
  } else if (nodeAffinity) {
    copy.spec.affinity = { nodeAffinity: cloneJson(nodeAffinity) };
  }
  return copy;
}

export function validateJobUpdate(
  problems: Problems,
  job: Job,
  old: Job,
  context: Privileges,
): void {
  validateJobSpec(problems, job.spec, context);
  const { spec } = job;
  validateCompletionsUpdate(problems, spec, old.spec);
  problems.immutable(at.child("selector"), spec.selector, old.spec.selector);
  const waits = old.spec.suspend === true && !old.status?.startTime;
  const template = waits ? mutableScheduling(spec.template, old.spec.template) : spec.template;
  problems.immutable(at.child("template"), template, old.spec.template);
  for (const field of [
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
  ] as const) {
    problems.immutable(at.child(field), spec[field] ?? null, old.spec[field] ?? null);
  }
}

function validateCompletionsUpdate(
  problems: Problems,
  spec: DeepReadonly<JobSpec>,
  old: DeepReadonly<JobSpec>,
): void {
  const place = at.child("completions");
  const { completionMode, completions, parallelism } = spec;
  if (equalJson(completions, old.completions)) return;
  if (completionMode !== "Indexed") {
    problems.immutable(place, completions ?? null, old.completions ?? null);
  } else if (completions === undefined) {
    problems.required(place, "when updating completions of an Indexed Job");
  } else if (completions !== parallelism) {
    problems.invalid(place, completions, "can only be modified in tandem with spec.parallelism");
  }
}

/** Labels and names in conditions that a Job's status may have. */
export function validateJobStatus(problems: Problems, { status }: Job): void {
  const place = path("status");
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const) {
    problems.nonNegative(place.child(field), status?.[field]);
  }
  const uncounted = status?.uncountedTerminatedPods;
  const seen = new Set<string>();
  for (const field of ["succeeded", "failed"] as const) {
    for (const [i, uid] of (uncounted?.[field] ?? []).entries()) {
      const uidAt = place.child("uncountedTerminatedPods", field).index(i);
      if (uid === "") problems.invalid(uidAt, uid, "must not be empty");
      else if (seen.has(uid)) problems.duplicate(uidAt, uid);
      seen.add(uid);
    }
  }
  for (const [i, { type }] of (status?.conditions ?? []).entries()) {
    problems.each(place.child("conditions").index(i).child("type"), type, qualifiedName(type));
  }
}
