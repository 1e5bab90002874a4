import { celLimits } from "#machinery/cel/cel.ts";
import { CelCostError, CelError, type CelValue } from "#machinery/cel/values.ts";
import {
  Budget,
  evaluateConditions,
  evaluateWithin,
  writeVariables,
  type WriteVariables,
} from "../cel-context.ts";
import type { CompiledPolicy, CompiledValidation, ValidatingPolicy } from "./compiled-policy.ts";

/** What one validation made of a write. */
export type Decision =
  | { readonly outcome: "admit" }
  | { readonly outcome: "deny"; readonly message: string; readonly reason: string | undefined }
  | { readonly outcome: "error"; readonly message: string };

export interface PolicyOutcome {
  readonly decisions: readonly Decision[];
  /** Values of audit annotations by their keys in the policy. */
  readonly annotations: ReadonlyMap<string, string>;
}

const nothing: PolicyOutcome = { decisions: [], annotations: new Map() };

/** The longest text that a messageExpression may give, in characters. */
const messageMax = 5 * 1024;
const auditValueMax = 10 * 1024;

export type PolicyVariables = Omit<WriteVariables, "composed">;

/** The variables of a policy, and what its expressions may cost together. */
export function policyContext(
  policy: CompiledPolicy<unknown>,
  options: PolicyVariables,
): { variables: (name: string) => CelValue; budget: Budget } {
  const budget = new Budget(celLimits.budgetMax);
  const composed = { programs: policy.variables, budget };
  return { variables: writeVariables({ ...options, composed }), budget };
}

/** Whether a policy's match conditions hold; a text: they failed. */
export function conditionsHold(
  { conditions }: CompiledPolicy<unknown>,
  variables: (name: string) => CelValue,
): boolean | string {
  const budget = new Budget(celLimits.matchConditionsBudgetMax);
  const outcome = evaluateConditions(conditions, variables, budget);
  return "error" in outcome ? outcome.error : outcome.matches;
}

/** Evaluates a policy. May throw `CelPending`; otherwise failures are decisions. */
export function evaluatePolicy(policy: ValidatingPolicy, options: PolicyVariables): PolicyOutcome {
  const { variables, budget } = policyContext(policy, options);
  const holds = conditionsHold(policy, variables);
  if (holds === false) return nothing;
  if (typeof holds === "string") {
    return { ...nothing, decisions: [{ outcome: "error", message: holds }] };
  }
  const decisions: Decision[] = [];
  for (const validation of policy.validations) {
    const { decision, exhausted } = decide(validation, variables, budget);
    decisions.push(decision);
    if (exhausted) break;
  }
  return { decisions, annotations: annotationsOf(policy, variables, budget, decisions) };
}

function decide(
  validation: CompiledValidation,
  variables: (name: string) => CelValue,
  budget: Budget,
): { decision: Decision; exhausted: boolean } {
  try {
    const value = evaluateWithin(validation.program, variables, budget);
    if (value === true) return { decision: { outcome: "admit" }, exhausted: false };
    const message = messageOf(validation, variables, budget);
    return {
      decision: { outcome: "deny", message, reason: validation.reason },
      exhausted: false,
    };
  } catch (error) {
    if (error instanceof CelCostError) {
      return { decision: { outcome: "error", message: error.message }, exhausted: true };
    }
    if (!(error instanceof CelError)) throw error;
    const message = `expression '${validation.program.source}' resulted in error: ${error.message}`;
    return { decision: { outcome: "error", message }, exhausted: false };
  }
}

/** What the expression says, if it says something that can be shown. */
function messageOf(
  { messageProgram, message }: CompiledValidation,
  variables: (name: string) => CelValue,
  budget: Budget,
): string {
  if (!messageProgram) return message;
  try {
    const text = evaluateWithin(messageProgram, variables, budget);
    if (typeof text !== "string") return message;
    const trimmed = text.trim();
    const isFit = trimmed !== "" && trimmed.length <= messageMax && !/[\r\n]/.test(trimmed);
    return isFit ? trimmed : message;
  } catch (error) {
    if (error instanceof CelError || error instanceof CelCostError) return message;
    throw error;
  }
}

function annotationsOf(
  { auditAnnotations }: ValidatingPolicy,
  variables: (name: string) => CelValue,
  budget: Budget,
  decisions: Decision[],
): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, program } of auditAnnotations) {
    try {
      const value = evaluateWithin(program, variables, budget);
      if (typeof value !== "string" || value.trim() === "") continue;
      values.set(key, value.slice(0, auditValueMax));
    } catch (error) {
      if (!(error instanceof CelError) && !(error instanceof CelCostError)) throw error;
      const message = `expression '${program.source}' resulted in error: ${error.message}`;
      decisions.push({ outcome: "error", message });
    }
  }
  return values;
}
