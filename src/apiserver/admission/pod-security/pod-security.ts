import { namespaces, type Namespace } from "#apis/core/namespace.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import { internalError } from "#machinery/errors.ts";
import { invalidObject } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { forbid } from "../errors.ts";
import type { Subject, Violation } from "./check.ts";
import { detailsOf, reasonsOf, violationsOf } from "./evaluate.ts";
import {
  isStricter,
  type LevelVersion,
  type Policy,
  policyOf,
  privilegedPolicy,
  sameLevel,
  showLevel,
} from "./policy.ts";

/** What the cluster's operator sets, as in a `PodSecurityConfiguration`. */
export interface PodSecurityOptions {
  readonly defaults?: Policy;
  readonly exemptions?: {
    readonly namespaces?: readonly string[];
    readonly usernames?: readonly string[];
    readonly runtimeClasses?: readonly string[];
  };
}

/** How to get to the pod template of a workload. */
const templates: Readonly<Record<string, readonly string[]>> = {
  "/podtemplates": ["template"],
  "/replicationcontrollers": ["spec", "template"],
  "apps/replicasets": ["spec", "template"],
  "apps/deployments": ["spec", "template"],
  "apps/statefulsets": ["spec", "template"],
  "apps/daemonsets": ["spec", "template"],
  "batch/jobs": ["spec", "template"],
  "batch/cronjobs": ["spec", "jobTemplate", "spec", "template"],
};

/** Pods checked when a namespace gets stricter. */
const namespacePodsMax = 3_000;
const annotationPrefix = "pod-security.kubernetes.io/";

/** Enforces the Pod Security Standards that a namespace's labels ask for. */
export function podSecurity(
  reader: ObjectReader,
  options: PodSecurityOptions = {},
): AdmissionPlugin {
  const context = new Context(reader, options);
  return {
    name: "PodSecurity",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: [
        "/namespaces",
        "/pods",
        "/pods/ephemeralcontainers",
        "/pods/resize",
        ...Object.keys(templates),
      ],
    },
    validate(a) {
      if (a.resource.plural === "namespaces") return context.checkNamespace(a);
      if (a.resource.plural === "pods") return context.checkPod(a);
      return context.checkWorkload(a);
    },
  };
}

class Context {
  readonly #reader: ObjectReader;
  readonly #defaults: Policy;
  readonly #exempt: NonNullable<PodSecurityOptions["exemptions"]>;

  constructor(reader: ObjectReader, { defaults, exemptions }: PodSecurityOptions) {
    this.#reader = reader;
    this.#defaults = defaults ?? privilegedPolicy;
    this.#exempt = exemptions ?? {};
  }

  /** Labels must make sense, and who makes them stricter is told which pods do not fit. */
  checkNamespace(a: AdmissionAttributes): void {
    const namespace = a.object as Namespace;
    const { policy, errors } = policyOf(namespace.metadata.labels, this.#defaults);
    const was = a.oldObject && policyOf(a.oldObject.metadata.labels, this.#defaults);
    const known = was && JSON.stringify(was.errors) === JSON.stringify(errors);
    if (errors.length > 0 && !known) {
      throw invalidObject({ group: "", kind: "Namespace" }, namespace.metadata.name, errors);
    }
    if (!was) return;
    const [next, old] = [policy.enforce, was.policy.enforce];
    if (sameLevel(next, old) || next.level === "privileged") return;
    if (next.minor === old.minor && !isStricter(next, old)) return;
    if (this.#exempt.namespaces?.includes(namespace.metadata.name)) return;
    this.#warnOfPods(a, namespace.metadata.name, next);
  }

  #warnOfPods(a: AdmissionAttributes, namespace: string, level: LevelVersion): void {
    const all = this.#reader.list(pods, namespace);
    const checked = all.slice(0, namespacePodsMax);
    const byReason = new Map<string, string[]>();
    for (const pod of checked) {
      if (this.#isRuntimeClassExempt(pod)) continue;
      const violations = violationsOf(level, subjectOf(pod));
      if (violations.length === 0) continue;
      const reason = reasonsOf(violations);
      byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
    }
    if (checked.length < all.length) {
      a.warn(
        `new PodSecurity enforce level only checked against the first ${checked.length} of ${all.length} existing pods`,
      );
    }
    if (byReason.size === 0) return;
    a.warn(
      `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${showLevel(level)}"`,
    );
    for (const line of [...byReason].map(podLine).toSorted()) a.warn(line);
  }

  /** The pod itself: enforced, audited and warned of. */
  checkPod(a: AdmissionAttributes): Promise<void> | void {
    if (this.#isExempt(a)) return;
    const pod = a.object as Pod;
    const old = a.oldObject as DeepReadonly<Pod> | undefined;
    return this.#check(a, true, () => {
      return old && !changesImages(pod, old) ? undefined : subjectOf(pod);
    });
  }

  /** What will become pods later: only audited and warned of. */
  checkWorkload(a: AdmissionAttributes): Promise<void> | void {
    if (this.#isExempt(a)) return;
    return this.#check(a, false, () => {
      const template = templateOf(a);
      return template?.spec && subjectOf(template);
    });
  }

  #isExempt(a: AdmissionAttributes): boolean {
    const byNamespace = this.#exempt.namespaces?.includes(a.namespace);
    const byUser = this.#exempt.usernames?.includes(a.user.name);
    if (byNamespace) a.annotate(`${annotationPrefix}exempt`, "namespace");
    else if (byUser) a.annotate(`${annotationPrefix}exempt`, "user");
    return Boolean(byNamespace || byUser);
  }

  #isRuntimeClassExempt({ spec }: DeepReadonly<Pick<Pod, "spec">>): boolean {
    return this.#exempt.runtimeClasses?.includes(spec.runtimeClassName ?? "") === true;
  }

  #check(
    a: AdmissionAttributes,
    enforces: boolean,
    find: () => Subject | undefined,
  ): Promise<void> | void {
    const namespace = this.#reader.get(namespaces, "", a.namespace);
    if (namespace) return this.#checkIn(a, namespace, enforces, find());
    const fresh = this.#reader.getFresh(namespaces, "", a.namespace);
    return fresh.then((found) => {
      const why = `failed to lookup namespace "${a.namespace}"`;
      if (!found) throw internalError(undefined, why);
      this.#checkIn(a, found, enforces, find());
    });
  }

  #checkIn(
    a: AdmissionAttributes,
    namespace: DeepReadonly<Namespace>,
    enforces: boolean,
    subject: Subject | undefined,
  ): void {
    if (!subject) return;
    const { policy, errors } = policyOf(namespace.metadata.labels, this.#defaults);
    if (this.#isRuntimeClassExempt(subject)) {
      a.annotate(`${annotationPrefix}exempt`, "runtimeClass");
      return;
    }
    if (errors.length > 0) {
      const text = errors.map(({ field, detail }) => `${field}: ${detail}`).join(", ");
      a.annotate(`${annotationPrefix}error`, `Failed to parse policy: ${text}`);
    }
    const { enforce, audit, warn } = policy;
    const broken = enforces ? violationsOf(enforce, subject) : [];
    if (enforces) a.annotate(`${annotationPrefix}enforce-policy`, showLevel(enforce));
    const audited = violationsOf(audit, subject);
    if (audited.length > 0) {
      a.annotate(`${annotationPrefix}audit-violations`, would(audit, audited));
    }
    if (broken.length > 0) {
      throw forbid(a, `violates PodSecurity "${showLevel(enforce)}": ${detailsOf(broken)}`);
    }
    const warned = violationsOf(warn, subject);
    if (warned.length > 0) a.warn(would(warn, warned));
  }
}

function would(level: LevelVersion, violations: readonly Violation[]): string {
  return `would violate PodSecurity "${showLevel(level)}": ${detailsOf(violations)}`;
}

function podLine([reason, names]: readonly [string, readonly string[]]): string {
  const [first = "", ...others] = names.toSorted();
  if (others.length === 0) return `${first}: ${reason}`;
  const pods = others.length === 1 ? "1 other pod" : `${others.length} other pods`;
  return `${first} (and ${pods}): ${reason}`;
}

function subjectOf({ metadata, spec }: DeepReadonly<Partial<PodTemplateSpec>>): Subject {
  return { annotations: metadata?.annotations ?? {}, spec: spec as Subject["spec"] };
}

function templateOf(a: AdmissionAttributes): PodTemplateSpec | undefined {
  const steps = templates[`${a.resource.group}/${a.resource.plural}`] ?? [];
  let at: unknown = a.object;
  for (const step of steps) at = (at as Record<string, unknown> | undefined)?.[step];
  return at as PodTemplateSpec | undefined;
}

/** The only changes of a pod that the standards care about: new images and new containers. */
function changesImages(pod: Pod, old: DeepReadonly<Pod>): boolean {
  const images = ({ spec }: DeepReadonly<Pod>) =>
    JSON.stringify(
      [spec.containers, spec.initContainers].map((list) => (list ?? []).map(({ image }) => image)),
    );
  if (images(pod) !== images(old)) return true;
  const before = new Map(
    (old.spec.ephemeralContainers ?? []).map(({ name, image }) => [name, image]),
  );
  return (pod.spec.ephemeralContainers ?? []).some(
    ({ name, image }) => before.get(name) !== image || !before.has(name),
  );
}
