import { path } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { validateLabels } from "#machinery/validation/labels.ts";
import { validateContainerResources } from "../core/resource-validation.ts";
import { validateTolerations } from "../core/scheduling-validation.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type RuntimeClass, runtimeClasses } from "./runtime-class.ts";

export const runtimeClassStrategy = kindStrategy<RuntimeClass>({
  resource: runtimeClasses,
  allowUnconditionalUpdate: false,
  metadata: "plain",
  updateMetadata: "both",
  validate(problems, { handler, overhead, scheduling }) {
    problems.each("handler", handler, dns1123Label(handler));
    if (overhead) {
      const limits = overhead.podFixed ?? {};
      validateContainerResources(problems, path("overhead"), { limits }, new Set());
    }
    if (!scheduling) return;
    const at = path("scheduling");
    validateLabels(problems, at.child("nodeSelector"), scheduling.nodeSelector);
    const tolerations = scheduling.tolerations ?? [];
    validateTolerations(problems, at.child("tolerations"), tolerations);
    for (const [i, toleration] of tolerations.entries()) {
      if (tolerations.findIndex((other) => equalJson(other, toleration)) < i) {
        problems.duplicate(at.child("tolerations").index(i), toleration);
      }
    }
  },
  validateUpdate: (problems, { handler }, old) =>
    problems.immutable("handler", handler, old.handler),
});
