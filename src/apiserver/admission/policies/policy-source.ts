import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";

/** A policy and what binds it, compiled. */
export interface BoundPolicy<P, B> {
  readonly policy: P;
  readonly bindings: readonly B[];
}

interface PolicyLike extends KubeObject {
  spec: object;
}
interface BindingLike extends KubeObject {
  spec: { policyName?: string | undefined };
}

/** Policies with their bindings, by name; made anew only after one of them has changed. */
export class PolicySource<P extends PolicyLike, B extends BindingLike, CP, CB> {
  readonly #reader: ObjectReader;
  readonly #policies: Resource<P>;
  readonly #bindings: Resource<B>;
  readonly #compilePolicy: (policy: DeepReadonly<P>) => CP;
  readonly #compileBinding: (binding: DeepReadonly<B>) => CB;
  readonly #compiledPolicies = new WeakMap<object, CP>();
  readonly #compiledBindings = new WeakMap<object, CB>();
  #current: readonly BoundPolicy<CP, CB>[] | undefined;

  constructor(options: {
    reader: ObjectReader;
    policies: Resource<P>;
    bindings: Resource<B>;
    compilePolicy: (policy: DeepReadonly<P>) => CP;
    compileBinding: (binding: DeepReadonly<B>) => CB;
  }) {
    this.#reader = options.reader;
    this.#policies = options.policies;
    this.#bindings = options.bindings;
    this.#compilePolicy = options.compilePolicy;
    this.#compileBinding = options.compileBinding;
    const forget = (): void => void (this.#current = undefined);
    this.#reader.onChange(this.#policies, forget);
    this.#reader.onChange(this.#bindings, forget);
  }

  /** Only policies that are bound: others do nothing. */
  current(): readonly BoundPolicy<CP, CB>[] {
    this.#current ??= this.#make();
    return this.#current;
  }

  #make(): BoundPolicy<CP, CB>[] {
    const bindings = Map.groupBy(
      this.#reader.list(this.#bindings, ""),
      (binding) => (binding as BindingLike).spec.policyName ?? "",
    );
    const policies = this.#reader.list(this.#policies, "");
    return policies.flatMap((policy) => {
      const own = bindings.get(policy.metadata.name);
      if (!own) return [];
      return {
        policy: remembered(this.#compiledPolicies, policy, this.#compilePolicy),
        bindings: own.map((one) => remembered(this.#compiledBindings, one, this.#compileBinding)),
      };
    });
  }
}

/** Objects of the cache are the same as long as they have not changed. */
function remembered<K extends object, V>(
  known: WeakMap<object, V>,
  key: K,
  make: (key: K) => V,
): V {
  if (!known.has(key)) known.set(key, make(key));
  return known.get(key)!;
}
