import { path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { FlowSchemaSpec } from "./flow-schema.ts";
import type { PriorityLevelConfigurationSpec } from "./priority-level-configuration.ts";

/**
 * The objects that flow control cannot do without, whose specs nobody can change.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#mandatory-configuration-objects
 */

const resourceRules = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] },
];
const nonResourceRules = [{ verbs: ["*"], nonResourceURLs: ["*"] }];
const groups = (...names: readonly string[]) =>
  names.map((name) => ({ kind: "Group", group: { name } }));

const schemas: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: [{ subjects: groups("system:masters"), resourceRules, nonResourceRules }],
  },
  "catch-all": {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: "ByUser" },
    rules: [
      {
        subjects: groups("system:unauthenticated", "system:authenticated"),
        resourceRules,
        nonResourceRules,
      },
    ],
  },
};

/** `exempt` is not here: how much it may lend can be changed, and its type is checked anyway. */
const levels: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  "catch-all": {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 5,
      limitResponse: { type: "Reject" },
      lendablePercent: 0,
    },
  },
};

export function validateMandatorySchema(
  problems: Problems,
  name: string | undefined,
  spec: FlowSchemaSpec,
): void {
  validateFixed(problems, name, spec, schemas);
}

export function validateMandatoryLevel(
  problems: Problems,
  name: string | undefined,
  spec: PriorityLevelConfigurationSpec,
): void {
  validateFixed(problems, name, spec, levels);
}

function validateFixed(
  problems: Problems,
  name = "",
  spec: object,
  fixed: Readonly<Record<string, object>>,
): void {
  if (!Object.hasOwn(fixed, name) || equalJson(spec, fixed[name])) return;
  problems.invalid(path("spec"), spec, `spec of '${name}' must equal the fixed value`);
}
