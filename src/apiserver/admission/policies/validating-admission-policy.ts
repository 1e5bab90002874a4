import {
  type ValidatingAdmissionPolicyBinding,
  validatingAdmissionPolicyBindings,
} from "#apis/admissionregistration/validating-admission-policy-binding.ts";
import {
  type ValidatingAdmissionPolicy,
  validatingAdmissionPolicies,
} from "#apis/admissionregistration/validating-admission-policy.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { settle } from "#machinery/cel/pending.ts";
import { ApiError, isReason, type Reason, reasonCodes } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Authorizer } from "#apiserver/authorization/authorizer.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { builtInEquivalents, type Equivalents } from "../equivalents.ts";
import { forbid } from "../errors.ts";
import {
  type Criteria,
  criteriaOf,
  isAdmissionConfiguration,
  isReview,
  matchWrite,
} from "../matching.ts";
import type { VersionedWrite } from "../request-view.ts";
import { compileValidatingPolicy, type ValidatingPolicy } from "./compiled-policy.ts";
import { type Decision, evaluatePolicy, type PolicyOutcome } from "./evaluate.ts";
import { builtInResource, paramsOf, PolicyConfigError, type ResourceOf } from "./params.ts";
import { type BoundPolicy, PolicySource } from "./policy-source.ts";
import { versionedWrite } from "../versioned-write.ts";

export interface PolicyPluginOptions {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  readonly equivalents?: Equivalents | undefined;
  /** Finds the resources of `paramKind`s that are not built in, too. */
  readonly resourceOf?: ResourceOf | undefined;
}

interface Binding {
  readonly name: string;
  readonly source: DeepReadonly<ValidatingAdmissionPolicyBinding>;
  readonly criteria: Criteria | undefined;
}

interface Denial {
  readonly policy: string;
  readonly binding: string | undefined;
  readonly message: string;
  readonly reason: string | undefined;
}

/** Checks writes by the cluster's own rules, written in CEL. */
export function validatingAdmissionPolicy(options: PolicyPluginOptions): AdmissionPlugin {
  const dispatcher = new Dispatcher(options);
  return {
    name: "ValidatingAdmissionPolicy",
    matches: { operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"], resources: ["*"] },
    validate(a) {
      const policies = dispatcher.source.current();
      if (policies.length === 0 || isAdmissionConfiguration(a) || isReview(a)) return;
      return dispatcher.validate(a, policies);
    },
  };
}

class Dispatcher {
  readonly source: PolicySource<
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingPolicy,
    Binding
  >;
  readonly #options: Required<Omit<PolicyPluginOptions, "equivalents" | "resourceOf">>;
  readonly #equivalents: Equivalents;
  readonly #resourceOf: ResourceOf;

  constructor(options: PolicyPluginOptions) {
    const { reader, authorizer } = options;
    this.#options = { reader, authorizer };
    this.#equivalents = options.equivalents ?? builtInEquivalents;
    this.#resourceOf = options.resourceOf ?? builtInResource;
    this.source = new PolicySource({
      reader,
      policies: validatingAdmissionPolicies,
      bindings: validatingAdmissionPolicyBindings,
      compilePolicy: compileValidatingPolicy,
      compileBinding: (source): Binding => ({
        name: source.metadata.name,
        source,
        criteria: source.spec.matchResources && criteriaOf(source.spec.matchResources),
      }),
    });
  }

  async validate(
    a: AdmissionAttributes,
    policies: readonly BoundPolicy<ValidatingPolicy, Binding>[],
  ): Promise<void> {
    const denials: Denial[] = [];
    const failures: object[] = [];
    for (const { policy, bindings } of policies) {
      const context = { reader: this.#options.reader, equivalents: this.#equivalents };
      const matched = await matchWrite(a, policy.criteria, context);
      if (!matched) continue;
      const write = await versionedWrite(a, matched, this.#equivalents);
      for (const binding of bindings) {
        if (binding.criteria && !(await matchWrite(a, binding.criteria, context))) continue;
        denials.push(...(await this.#apply(write, policy, binding, failures)));
      }
    }
    if (failures.length > 0) {
      a.annotate("validation.policy.admission.k8s.io/validation_failure", JSON.stringify(failures));
    }
    if (denials.length > 0) throw refusal(a, denials[0]!);
  }

  /** One policy as one binding has it; what denies the write. */
  async #apply(
    write: VersionedWrite,
    policy: ValidatingPolicy,
    binding: Binding,
    failures: object[],
  ): Promise<Denial[]> {
    const a = write.attributes;
    const outcomes: PolicyOutcome[] = [];
    try {
      if (policy.broken !== undefined) throw new PolicyConfigError(policy.broken);
      const params = await paramsOf({
        kind: policy.source.spec.paramKind,
        ref: binding.source.spec.paramRef,
        namespace: a.namespace,
        reader: this.#options.reader,
        resourceOf: this.#resourceOf,
      });
      const namespaceObject = await namespaceOf(a, this.#options.reader);
      const { authorizer } = this.#options;
      for (const param of params) {
        const variables = { write, authorizer, namespaceObject, params: param };
        outcomes.push(await settle(() => evaluatePolicy(policy, variables)));
      }
    } catch (error) {
      const isConfig = error instanceof PolicyConfigError || isReason(error, "NotFound");
      if (!isConfig) throw error;
      if (policy.ignoresFailures) return [];
      const message = `failed to configure binding: ${error.message}`;
      return [{ policy: policy.name, binding: binding.name, message, reason: undefined }];
    }
    for (const { annotations } of outcomes) {
      for (const [key, value] of annotations) a.annotate(`${policy.name}/${key}`, value);
    }
    return outcomes.flatMap(({ decisions }) => enforce(a, policy, binding, decisions, failures));
  }
}

/** Does what the binding wants done about each decision. */
function enforce(
  a: AdmissionAttributes,
  policy: ValidatingPolicy,
  binding: Binding,
  decisions: readonly Decision[],
  failures: object[],
): Denial[] {
  const denials: Denial[] = [];
  const actions = binding.source.spec.validationActions ?? [];
  for (const [index, decision] of decisions.entries()) {
    if (decision.outcome === "admit") continue;
    if (decision.outcome === "error" && policy.ignoresFailures) continue;
    const { message } = decision;
    const reason = decision.outcome === "deny" ? decision.reason : undefined;
    if (actions.includes("Deny")) {
      denials.push({ policy: policy.name, binding: binding.name, message, reason });
    }
    if (actions.includes("Audit")) {
      failures.push({
        message,
        policy: policy.name,
        binding: binding.name,
        expressionIndex: index,
        validationActions: actions,
      });
    }
    if (actions.includes("Warn")) {
      a.warn(
        `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
      );
    }
  }
  return denials;
}

const refusalReasons: readonly Reason[] = [
  "Forbidden",
  "Unauthorized",
  "RequestEntityTooLarge",
  "Invalid",
];

function refusal(a: AdmissionAttributes, { policy, binding, message, reason }: Denial): ApiError {
  const bound = binding === undefined ? "" : ` with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy '${policy}'${bound} denied request: ${message}`;
  const { message: whole, details } = forbid(a, text);
  const known = refusalReasons.find((one) => one === reason) ?? "Invalid";
  return new ApiError(known, whole, {
    code: reasonCodes[known],
    details: { ...details, causes: [{ message: text }] },
  });
}

/** The Namespace that the written object is in, or none. */
export async function namespaceOf(
  a: AdmissionAttributes,
  reader: ObjectReader,
): Promise<DeepReadonly<KubeObject> | undefined> {
  if (a.namespace === "" || (a.resource.group === "" && a.resource.plural === "namespaces")) {
    return undefined;
  }
  const cached = reader.get(namespaces, "", a.namespace);
  return cached ?? (await reader.getFresh(namespaces, "", a.namespace));
}
