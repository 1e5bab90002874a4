import {
  type MutatingAdmissionPolicyBinding,
  mutatingAdmissionPolicyBindings,
} from "#apis/admissionregistration/mutating-admission-policy-binding.ts";
import {
  type MutatingAdmissionPolicy,
  mutatingAdmissionPolicies,
} from "#apis/admissionregistration/mutating-admission-policy.ts";
import { toJson } from "#machinery/cel/json-values.ts";
import { settle } from "#machinery/cel/pending.ts";
import {
  CelCostError,
  CelError,
  CelList,
  CelStruct,
  type CelValue,
} from "#machinery/cel/values.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { applyJsonPatch } from "#machinery/patch/json-patch.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import { schemaOfKind } from "#apis/kinds.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { evaluateWithin } from "../cel-context.ts";
import { builtInEquivalents, type Equivalents } from "../equivalents.ts";
import { forbid } from "../errors.ts";
import {
  type Criteria,
  criteriaOf,
  isAdmissionConfiguration,
  isReview,
  matchWrite,
} from "../matching.ts";
import { replaceObject } from "../redecode.ts";
import { type PluginReinvocation, pluginReinvocation } from "../reinvocation.ts";
import { versionedWrite } from "../versioned-write.ts";
import { applyConfiguration } from "./apply-configuration.ts";
import { compileMutatingPolicy, type MutatingPolicy } from "./compiled-policy.ts";
import { conditionsHold, policyContext, type PolicyVariables } from "./evaluate.ts";
import { builtInResource, paramsOf, PolicyConfigError, type ResourceOf } from "./params.ts";
import { type BoundPolicy, PolicySource } from "./policy-source.ts";
import { namespaceOf, type PolicyPluginOptions } from "./validating-admission-policy.ts";

interface Binding {
  readonly name: string;
  readonly source: DeepReadonly<MutatingAdmissionPolicyBinding>;
  readonly criteria: Criteria | undefined;
}

const pluginName = "MutatingAdmissionPolicy";

/** Changes writes by the cluster's own rules, written in CEL (KEP-3962). */
export function mutatingAdmissionPolicy(options: PolicyPluginOptions): AdmissionPlugin {
  const dispatcher = new Dispatcher(options);
  return {
    name: pluginName,
    matches: { operations: ["CREATE", "UPDATE"], resources: ["*"] },
    admit(a) {
      const policies = dispatcher.source.current();
      if (policies.length === 0 || !a.object) return;
      if (isAdmissionConfiguration(a) || isReview(a)) return;
      return dispatcher.admit(a, policies);
    },
  };
}

class Dispatcher {
  readonly source: PolicySource<
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    MutatingPolicy,
    Binding
  >;
  readonly #options: PolicyPluginOptions;
  readonly #equivalents: Equivalents;
  readonly #resourceOf: ResourceOf;

  constructor(options: PolicyPluginOptions) {
    this.#options = options;
    this.#equivalents = options.equivalents ?? builtInEquivalents;
    this.#resourceOf = options.resourceOf ?? builtInResource;
    this.source = new PolicySource({
      reader: options.reader,
      policies: mutatingAdmissionPolicies,
      bindings: mutatingAdmissionPolicyBindings,
      compilePolicy: compileMutatingPolicy,
      compileBinding: (source): Binding => ({
        name: source.metadata.name,
        source,
        criteria: source.spec.matchResources && criteriaOf(source.spec.matchResources),
      }),
    });
  }

  async admit(
    a: AdmissionAttributes,
    policies: readonly BoundPolicy<MutatingPolicy, Binding>[],
  ): Promise<void> {
    const { reader } = this.#options;
    const context = { reader, equivalents: this.#equivalents };
    const reinvocation = pluginReinvocation(a, pluginName);
    reinvocation.begin(a.object);
    for (const { policy, bindings } of policies) {
      const matched = await matchWrite(a, policy.criteria, context);
      if (!matched) continue;
      for (const binding of bindings) {
        if (binding.criteria && !(await matchWrite(a, binding.criteria, context))) continue;
        await this.#applyBinding(a, matched, policy, binding, reinvocation);
      }
    }
    reinvocation.end(a.object);
  }

  async #applyBinding(
    a: AdmissionAttributes,
    matched: Resource,
    policy: MutatingPolicy,
    binding: Binding,
    reinvocation: PluginReinvocation,
  ): Promise<void> {
    try {
      if (policy.broken !== undefined) throw new PolicyConfigError(policy.broken);
      const { reader } = this.#options;
      const params = await paramsOf({
        kind: policy.source.spec.paramKind,
        ref: binding.source.spec.paramRef,
        namespace: a.namespace,
        reader,
        resourceOf: this.#resourceOf,
      });
      const namespaceObject = await namespaceOf(a, reader);
      for (const param of params) {
        const hook = [policy.name, binding.name, nameOf(param)].join("\n");
        if (!reinvocation.mayInvoke(hook)) continue;
        const changed = await this.#mutate(a, matched, policy, namespaceObject, param);
        reinvocation.invoked(hook, changed, policy.reinvokes);
      }
    } catch (error) {
      const message = failureOf(error);
      if (policy.ignoresFailures) return;
      throw refusal(a, policy, binding, message);
    }
  }

  /** Runs all mutations, each on what the one before has made. Whether anything has changed. */
  async #mutate(
    a: AdmissionAttributes,
    matched: Resource,
    policy: MutatingPolicy,
    namespaceObject: DeepReadonly<KubeObject> | undefined,
    params: DeepReadonly<KubeObject> | null,
  ): Promise<boolean> {
    const { authorizer } = this.#options;
    let changed = false;
    for (const index of policy.mutations.keys()) {
      const write = await versionedWrite(a, matched, this.#equivalents);
      const options: PolicyVariables = { write, authorizer, namespaceObject, params };
      const next = await settle(() => mutateOnce(policy, index, matched, options));
      if (next === undefined) break;
      if (await replaceObject(a, next, matched, this.#equivalents)) changed = true;
    }
    return changed;
  }
}

/** The object after one mutation; undefined when the match conditions do not hold. */
function mutateOnce(
  policy: MutatingPolicy,
  index: number,
  resource: Resource,
  options: PolicyVariables,
): unknown {
  const { variables, budget } = policyContext(policy, options);
  if (index === 0) {
    const holds = conditionsHold(policy, variables);
    if (typeof holds === "string") throw new CelError(holds);
    if (!holds) return undefined;
  }
  const { patchType, program } = policy.mutations[index]!;
  const { attributes, object } = options.write;
  const target = structuredClone(object) as unknown as JsonObject;
  let value: CelValue;
  try {
    value = evaluateWithin(program, variables, budget);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new CelError(`expression '${program.source}' resulted in error: ${error.message}`);
  }
  if (patchType === "JSONPatch") return applyJsonPatch(target, patchOf(value));
  const below = resource.subresources[attributes.subresource];
  const schema = (below && schemaOfKind(below)) ?? resource.schema;
  return applyConfiguration(schema, target, value);
}

function patchOf(value: CelValue): unknown[] {
  if (!(value instanceof CelList)) throw new CelError("a JSON patch must be a list");
  return [...value].map((operation) => {
    if (!(operation instanceof CelStruct))
      throw new CelError("a JSON patch holds JSONPatch objects");
    return Object.fromEntries([...operation.fields].map(([name, field]) => [name, toJson(field)]));
  });
}

function nameOf(param: DeepReadonly<KubeObject> | null): string {
  return param ? `${param.metadata.namespace ?? ""}/${param.metadata.name}` : "";
}

/** What went wrong, when it is the policy's or the object's fault. */
function failureOf(error: unknown): string {
  if (error instanceof PolicyConfigError) return `failed to configure binding: ${error.message}`;
  if (error instanceof CelError || error instanceof CelCostError) return error.message;
  if (error instanceof ApiError) return error.message;
  throw error;
}

function refusal(
  a: AdmissionAttributes,
  policy: MutatingPolicy,
  binding: Binding,
  why: string,
): ApiError {
  const text = `MutatingAdmissionPolicy '${policy.name}' with binding '${binding.name}' denied request: ${why}`;
  const { message, details } = forbid(a, text);
  return new ApiError("Invalid", message, { details: { ...details, causes: [{ message: text }] } });
}
