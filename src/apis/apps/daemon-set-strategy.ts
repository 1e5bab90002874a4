import { path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateCollisionCount } from "../meta/counts-validation.ts";
import { type DaemonSet, daemonSets } from "./daemon-set.ts";
import { validateDaemonSetSpec } from "./workload-validation.ts";

/** What is left in v1 of a counter of templates that older versions had. */
const templateGeneration = "deprecated.daemonset.template.generation";

function setTemplateGeneration({ metadata }: DaemonSet, value: number): void {
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(value) };
}

function templateGenerationOf({ metadata }: DaemonSet): number {
  const value = Number(metadata.annotations?.[templateGeneration] ?? "1");
  return Number.isSafeInteger(value) && value >= 1 ? value : 1;
}

export const daemonSetStrategy = kindStrategy<DaemonSet>({
  resource: daemonSets,
  prepareForCreate: (object) => setTemplateGeneration(object, templateGenerationOf(object)),
  prepareForUpdate(object, old) {
    const changed = !equalJson(object.spec.template, old.spec.template);
    setTemplateGeneration(object, templateGenerationOf(old) + (changed ? 1 : 0));
  },
  validate: (problems, { spec }, context) => validateDaemonSetSpec(problems, spec, context),
  validateUpdate: (problems, { spec }, old) =>
    problems.immutable("spec.selector", spec.selector, old.spec.selector),
  warnings: ({ spec }) => templateWarnings(path("spec", "template"), spec.template),
  status: {
    validateUpdate(problems, { status }, old) {
      for (const field of [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
      ] as const) {
        problems.nonNegative(path("status", field), status?.[field]);
      }
      validateCollisionCount(problems, status?.collisionCount, old.status?.collisionCount);
    },
  },
});
