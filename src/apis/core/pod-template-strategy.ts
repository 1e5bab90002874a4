import { path } from "#machinery/field-error.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validatePodTemplate } from "./pod-template-validation.ts";
import { type PodTemplate, podTemplates } from "./pod-template.ts";
import { templateWarnings } from "./pod-warnings-strategy.ts";

export const podTemplateStrategy = kindStrategy<PodTemplate>({
  resource: podTemplates,
  generation: true,
  validate: (problems, { template }, context) =>
    validatePodTemplate(problems, path("template"), template, context),
  warnings: ({ template }) => templateWarnings(path("template"), template),
});
