import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { allContainers } from "#apis/core/pod-references.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Toleration } from "#apis/core/scheduling.ts";
import { badRequest } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";
import { coversToleration, mergeTolerations } from "./tolerations.ts";

const defaultsKey = "scheduler.alpha.kubernetes.io/defaultTolerations";
const whitelistKey = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";

/** What pods of namespaces tolerate that do not say otherwise. */
export interface ClusterTolerations {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

/** Pods get the tolerations of their namespace, and may only have those that it lists. */
export function podTolerationRestriction(
  reader: ObjectReader,
  cluster: ClusterTolerations = {},
): AdmissionPlugin {
  async function namespaceOf(a: AdmissionAttributes): Promise<DeepReadonly<Namespace> | undefined> {
    const cached = reader.get(namespaces, "", a.namespace);
    return cached ?? (await reader.getFresh(namespaces, "", a.namespace));
  }

  async function check(a: AdmissionAttributes): Promise<void> {
    const { tolerations = [] } = (a.object as Pod).spec;
    if (!tolerations?.length) return;
    const own = listIn(await namespaceOf(a), whitelistKey);
    const allowed = own ?? cluster.whitelist ?? [];
    if (allowed.length === 0) return;
    if (tolerations.every((one) => allowed.some((wide) => coversToleration(wide, one)))) return;
    const scope = own ? "namespace" : "cluster";
    throw forbid(
      a,
      `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`,
    );
  }

  return {
    name: "PodTolerationRestriction",
    matches: { operations: ["CREATE", "UPDATE"], resources: ["/pods"] },
    async admit(a) {
      const { spec } = a.object as Pod;
      const extra: Toleration[] = [];
      if (a.operation === "CREATE") {
        extra.push(...(listIn(await namespaceOf(a), defaultsKey) ?? cluster.default ?? []));
      }
      if (!isBestEffort(a.object as Pod)) {
        const key = "node.kubernetes.io/memory-pressure";
        extra.push({ key, operator: "Exists", effect: "NoSchedule" });
      }
      if (extra.length > 0) spec.tolerations = mergeTolerations(spec.tolerations ?? [], extra);
      await check(a);
    },
    validate: check,
  };
}

/** The tolerations in an annotation; undefined without one. */
function listIn(
  namespace: DeepReadonly<Namespace> | undefined,
  key: string,
): Toleration[] | undefined {
  const text = namespace?.metadata.annotations?.[key];
  if (!text) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed as Toleration[];
  } catch {
    // Said below.
  }
  throw badRequest(`annotation ${key} of namespace ${namespace?.metadata.name} is not a list`);
}

function isBestEffort({ spec }: Pod): boolean {
  return allContainers(spec).every(({ resources }) =>
    [resources?.requests, resources?.limits].every((list) =>
      ["cpu", "memory"].every((name) => compareQuantity(list?.[name] ?? "0", "0") === 0),
    ),
  );
}
