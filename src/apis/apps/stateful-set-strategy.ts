import { path } from "#machinery/field-error.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateCollisionCount, validateReplicaCounts } from "../meta/counts-validation.ts";
import { type StatefulSet, statefulSets } from "./stateful-set.ts";
import { validateStatefulSetSpec } from "./workload-validation.ts";

const mutable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

/** The spec without what an update may change. */
function fixedPart(spec: StatefulSet["spec"]): Record<string, unknown> {
  const copy = { ...cloneJson(spec) } as Record<string, unknown>;
  for (const field of mutable) delete copy[field];
  return copy;
}

export const statefulSetStrategy = kindStrategy<StatefulSet>({
  resource: statefulSets,
  // Behind a gate that is closed by default (MaxUnavailableStatefulSet, KEP-961).
  prepareForCreate: ({ spec }) => void delete spec.updateStrategy?.rollingUpdate?.maxUnavailable,
  validate: (problems, { spec }, context) => validateStatefulSetSpec(problems, spec, context),
  validateUpdate(problems, { spec }, old) {
    if (equalJson(fixedPart(spec), fixedPart(old.spec))) return;
    problems.forbidden(
      "spec",
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
  },
  warnings: ({ spec }) => templateWarnings(path("spec", "template"), spec.template),
  status: {
    validateUpdate(problems, { status }, old) {
      validateReplicaCounts(problems, status ?? {}, [
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
      ]);
      validateCollisionCount(problems, status?.collisionCount, old.status?.collisionCount);
    },
  },
});
