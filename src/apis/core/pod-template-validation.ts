import type { Path } from "#machinery/field-error.ts";
import { ApiError } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { labelQuery, type LabelQuery, type LabelSelectorObject } from "#machinery/selectors.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import { validateAnnotations, validateLabels } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { affinityLeniency, hasInvalidSelectorValues } from "./affinity-validation.ts";
import { validatePodAnnotations, validateProfilesMatch } from "./pod-annotation-validation.ts";
import { validatePodSpec } from "./pod-spec-validation.ts";
import type { PodTemplateSpec } from "./pod-spec.ts";

/** The template from which a workload makes its pods. */
export function validatePodTemplate(
  problems: Problems,
  at: Path,
  template: DeepReadonly<PodTemplateSpec>,
  { allowPrivileged }: Pick<StrategyContext, "allowPrivileged">,
  old?: DeepReadonly<PodTemplateSpec>,
): void {
  const { metadata, spec } = template;
  const specAt = at.child("spec");
  validateLabels(problems, at.child("labels"), metadata.labels);
  validateAnnotations(problems, at.child("annotations"), metadata.annotations);
  validatePodAnnotations(problems, at.child("annotations"), metadata.annotations, spec);
  validatePodSpec(problems, specAt, spec, {
    allowPrivileged,
    ...(old ? affinityLeniency(old.spec.affinity) : {}),
    spreadSelectors: (old?.spec.topologySpreadConstraints ?? []).some(({ labelSelector }) =>
      hasInvalidSelectorValues(labelSelector),
    ),
  });
  validateProfilesMatch(problems, specAt, metadata.annotations, spec);
  if (spec.ephemeralContainers?.length) {
    const detail = "ephemeral containers not allowed in pod template";
    problems.forbidden(specAt.child("ephemeralContainers"), detail);
  }
}

/** The compiled selector, or undefined when it is none. */
export function tryLabelQuery(
  selector: LabelSelectorObject | null | undefined,
): LabelQuery | undefined {
  try {
    return labelQuery(selector);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The template of a workload whose pods never end: it must fit the selector, and restart. */
export function validateEndlessTemplate(
  problems: Problems,
  at: Path,
  template: DeepReadonly<PodTemplateSpec>,
  query: LabelQuery,
  owner: string,
  context: Pick<StrategyContext, "allowPrivileged">,
  old?: DeepReadonly<PodTemplateSpec>,
): void {
  validateTemplateLabels(problems, at, template, query);
  validatePodTemplate(problems, at, template, context, old);
  validateEndless(problems, at, template, owner);
}

/** Labels that the workload's own selector does not match. */
export function validateTemplateLabels(
  problems: Problems,
  at: Path,
  template: DeepReadonly<PodTemplateSpec>,
  query: LabelQuery,
): void {
  const { labels } = template.metadata;
  if (query.empty || query.matches(labels)) return;
  const detail = "`selector` does not match template `labels`";
  problems.invalid(at.child("metadata", "labels"), labels ?? null, detail);
}

/** Pods that shall run for ever restart always and have no deadline. */
export function validateEndless(
  problems: Problems,
  at: Path,
  { spec }: DeepReadonly<PodTemplateSpec>,
  owner: string,
): void {
  if (spec.restartPolicy !== "Always") {
    problems.notSupported(at.child("spec", "restartPolicy"), spec.restartPolicy ?? "", ["Always"]);
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${owner} is not Supported`;
    problems.forbidden(at.child("spec", "activeDeadlineSeconds"), detail);
  }
}
