import type { DeepReadonly } from "#machinery/readonly.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { UserInfo } from "#machinery/strategy.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** A write on its way to the store, as admission plug-ins see it. */
export interface AdmissionAttributes<T extends KubeObject = KubeObject> {
  readonly operation: Operation;
  readonly resource: Resource;
  /** "" when none. */
  readonly subresource: string;
  readonly namespace: string;
  /** "" when a generateName has not been filled in yet. */
  readonly name: string;
  /** The new object (for DELETE and CONNECT without one: undefined); mutating plug-ins change it. */
  object: T | undefined;
  readonly oldObject: DeepReadonly<T> | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** The CreateOptions, UpdateOptions or DeleteOptions of the request. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

/** Which writes a plug-in wants to see, as data, so that chains are computed once per resource. */
export interface AdmissionMatch {
  operations: readonly Operation[];
  /** `group/resource` or `group/resource/subresource`, "*" for all; core's group is "". */
  resources: readonly string[];
}

/**
 * A plug-in of the admission chain. `admit` (mutating phase) may change `attributes.object`;
 * `validate` (validating phase) may only refuse, by throwing an `ApiError`.
 */
export interface AdmissionPlugin {
  /** Upstream's name, as `--enable-admission-plugins` takes it. */
  readonly name: string;
  readonly matches: AdmissionMatch;
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}
