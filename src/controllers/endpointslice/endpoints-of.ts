/** Which pods stand behind a Service, and at which ports. Pure; shared with the Endpoints API. */
import type { ServicePort } from "#apis/core/service.ts";
import type { Service } from "#apis/core/service.ts";
import type { Pod } from "#apis/core/pod.ts";
import { isFinished, isReady, isTerminating } from "../shared/pod-state.ts";

export const headlessLabel = "service.kubernetes.io/headless";

/** The pod's addresses of one family. */
export function addressesOf({ status }: Pod, family: string): string[] {
  const all = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : []);
  return all.filter((ip) => ip.includes(":") === (family === "IPv6"));
}

/** Whether the pod has an address and may still serve. */
export function belongs(pod: Pod, includeTerminating: boolean): boolean {
  if (isFinished(pod)) return false;
  if (!pod.status?.podIP && !pod.status?.podIPs?.length) return false;
  return includeTerminating || !isTerminating(pod);
}

/** The number behind a Service port on this pod; undefined when it names a port that is not there. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  const protocol = port.protocol ?? "TCP";
  const sidecars = pod.spec.initContainers?.filter(
    ({ restartPolicy }) => restartPolicy === "Always",
  );
  for (const container of [...pod.spec.containers, ...(sidecars ?? [])]) {
    for (const candidate of container.ports ?? []) {
      const same = candidate.name === target && (candidate.protocol ?? "TCP") === protocol;
      if (same) return candidate.containerPort;
    }
  }
  return undefined;
}

/** The name that DNS gives the pod below a headless Service of the same name as its subdomain. */
export function hostnameOf(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec;
  const named = hostname && subdomain === service.metadata.name;
  return named && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

export function isHeadless({ spec }: Service): boolean {
  return !spec.clusterIP || spec.clusterIP === "None";
}

/**
 * Whether a change of a pod may change what Services see. That a pod *completes* is no reason by
 * itself, as upstream has it: it counts as not ready before that.
 */
export function podMatters(next: Pod | undefined, old: Pod | undefined): boolean {
  if (!next || !old) return true;
  if (next.metadata.deletionTimestamp !== old.metadata.deletionTimestamp) return true;
  if (isReady(next) !== isReady(old)) return true;
  if (next.metadata.labels !== old.metadata.labels && !sameMap(next, old)) return true;
  const [a, b] = [next.status?.podIPs ?? [], old.status?.podIPs ?? []];
  if (a.length !== b.length || a.some(({ ip }, index) => ip !== b[index]?.ip)) return true;
  return next.spec.nodeName !== old.spec.nodeName || next.spec.hostname !== old.spec.hostname;
}

function sameMap(next: Pod, old: Pod): boolean {
  const [a, b] = [next.metadata.labels ?? {}, old.metadata.labels ?? {}];
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
