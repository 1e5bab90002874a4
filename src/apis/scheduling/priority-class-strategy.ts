import { kindStrategy } from "../meta/basic-strategy.ts";
import { type PriorityClass, priorityClasses } from "./priority-class.ts";

const userPriorityMax = 1_000_000_000;
const systemPrefix = "system-";
const systemValues: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** What keeps a class from being one of the system's. */
function notOfSystem({ globalDefault, metadata, value }: PriorityClass): string | undefined {
  const { name } = metadata;
  const expected = systemValues[name];
  if (expected === undefined) return `${name} is not a known system priority class`;
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export const priorityClassStrategy = kindStrategy<PriorityClass>({
  resource: priorityClasses,
  generation: true,
  updateSkipsValidate: true,
  validate(problems, priorityClass) {
    const { metadata, preemptionPolicy, value } = priorityClass;
    if (metadata.name?.startsWith(systemPrefix)) {
      const why = notOfSystem(priorityClass);
      if (why !== undefined) {
        const detail = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${why}`;
        problems.forbidden("metadata.name", detail);
      }
    } else if ((value ?? 0) > userPriorityMax) {
      const detail = `maximum allowed value of a user defined priority is ${userPriorityMax}`;
      problems.forbidden("value", detail);
    }
    if (preemptionPolicy !== undefined) {
      problems.requiredOneOf("preemptionPolicy", preemptionPolicy, [
        "Never",
        "PreemptLowerPriority",
      ]);
    }
  },
  validateUpdate(problems, { preemptionPolicy, value }, old) {
    if ((value ?? 0) !== (old.value ?? 0)) {
      problems.forbidden("value", "may not be changed in an update.");
    }
    problems.immutable("preemptionPolicy", preemptionPolicy, old.preemptionPolicy);
  },
});
