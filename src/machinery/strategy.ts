import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { FieldError } from "./field-error.ts";
import type { KubeObject } from "./meta.ts";

/**
 * What is special about a resource when it is written. The API server runs the same steps for every
 * resource (decode, default, admit, prepare, validate, store); a strategy fills in the differences.
 * Strategies are pure but for changing the object they were handed in `prepare…`, which is the
 * request's own copy. They live in `src/apis/<group>/<kind>-strategy.ts`; only the API server
 * imports them.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /**
   * Messages for a bad `metadata.name`; `prefix`: it is a generateName. Used by `validate`, which
   * checks metadata by the kind's own rules; see `validation/object.ts` for how all checks join.
   */
  validateName?: (name: string, prefix: boolean) => string[];
  /** PUT to a missing object creates it. Default false. */
  allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion overwrites. Default true; false makes it a 422. */
  allowUnconditionalUpdate?: boolean;
  /** Whether `metadata.generation` counts changes of the desired state. Default: has a spec. */
  generation?: boolean;
  /** Drops what clients may not set on create (status …) and fills what the server sets. */
  prepareForCreate?: (object: T, context: StrategyContext) => void;
  /** Carries over what an update may not change (status …). `old` is shared: never write to it. */
  prepareForUpdate?: (object: T, old: T, context: StrategyContext) => void;
  /** Includes the metadata of a new object, as far as the kind checks it. */
  validate?: (object: T, context: StrategyContext) => FieldError[];
  /** Includes what `validate` checks, as far as upstream re-validates on update. */
  validateUpdate?: (object: T, old: T, context: StrategyContext) => FieldError[];
  /** Texts for the `Warning` header of a create (`old` undefined) or update. */
  warnings?: (object: T, old: T | undefined, context: StrategyContext) => string[];
  /** What a delete without `propagationPolicy` does with dependents. Default "background". */
  defaultPropagation?: "background" | "orphan";
  /**
   * The grace period in seconds a delete shall give, for kinds that end gracefully (Pod);
   * 0 deletes at once. Undefined for all other kinds.
   */
  gracePeriodSeconds?: (object: T, requested: number | undefined) => number;
  /**
   * What the first delete does instead of deleting: it marks the object, a copy, which goes when
   * its finalizers are gone (CustomResourceDefinition).
   */
  startDeletion?: (object: T, context: StrategyContext) => void;
  /** Field paths that a writer through the main endpoint cannot own (`status`), for apply. */
  resetFields?: readonly string[];
  /** By subresource name (`status`, `resize`, `ephemeralcontainers`, `finalize`, `approval` …). */
  subresources?: Readonly<Record<string, SubresourceStrategy<T>>>;
}

/** The update rules of a subresource whose body is the whole object, such as `status`. */
export interface SubresourceStrategy<T extends KubeObject = KubeObject> {
  prepareForUpdate?: (object: T, old: T, context: StrategyContext) => void;
  validateUpdate?: (object: T, old: T, context: StrategyContext) => FieldError[];
  warnings?: (object: T, old: T, context: StrategyContext) => string[];
  resetFields?: readonly string[];
}

/** What a strategy may know of the request. */
export interface StrategyContext {
  clock: Pick<Clock, "now">;
  chance: Chance;
  /** The user who asks; CertificateSigningRequest records it. */
  user: UserInfo;
  /** Whether the request dry-runs. */
  dryRun: boolean;
  /** Whether `--allow-privileged` is on. */
  allowPrivileged: boolean;
}

/** Who makes a request, as authentication found out. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}
