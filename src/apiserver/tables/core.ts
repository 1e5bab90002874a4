import type { ComponentStatus } from "#apis/core/component-status.ts";
import type { ConfigMap } from "#apis/core/config-map.ts";
import type { Endpoints } from "#apis/core/endpoints.ts";
import type { Event } from "#apis/core/event.ts";
import type { Event as EventV1 } from "#apis/events/event.ts";
import type { Namespace } from "#apis/core/namespace.ts";
import type { Node } from "#apis/core/node.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { ResourceQuota } from "#apis/core/resource-quota.ts";
import type { Secret } from "#apis/core/secret.ts";
import type { Service } from "#apis/core/service.ts";
import type { KubeObject } from "#machinery/meta.ts";
import {
  accessModesText,
  age,
  ago,
  balancerAddresses,
  labelsText,
  none,
  some,
  storageClassText,
  unknown,
  unset,
} from "./format.ts";
import { podPrinter } from "./pods.ts";
import { type Printer, printer } from "./printer.ts";

const count = (map: object | null | undefined) => Object.keys(map ?? {}).length;

const configMaps = printer<ConfigMap>("Name, Data, Age", (object, now) => [
  object.metadata.name,
  count(object.data) + count(object.binaryData),
  age(object, now),
]);

const secrets = printer<Secret>("Name, Type, Data, Age", (object, now) => [
  object.metadata.name,
  object.type,
  count(object.data),
  age(object, now),
]);

const serviceAccounts = printer("Name, Age", (object, now) => [
  object.metadata.name,
  age(object, now),
]);

const namespaces = printer<Namespace>("Name, Status, Age", (object, now) => [
  object.metadata.name,
  object.status?.phase,
  age(object, now),
]);

const limitRanges = printer("Name, Created At:date", ({ metadata }) => [
  metadata.name,
  metadata.creationTimestamp,
]);

const componentStatuses = printer<ComponentStatus>(
  "Name, Status, Message, Error",
  ({ metadata, conditions }) => {
    const healthy = conditions?.find(({ type }) => type === "Healthy");
    const state = healthy?.status === "True" ? "Healthy" : "Unhealthy";
    return [metadata.name, state, healthy?.message, healthy?.error];
  },
);

function endpointsText({ subsets }: Endpoints): string {
  if (!subsets?.length) return none;
  const all = subsets.flatMap(({ addresses, ports }) => {
    if (!ports?.length) return (addresses ?? []).map(({ ip }) => ip);
    return ports.flatMap(({ port }) => (addresses ?? []).map(({ ip }) => hostPort(ip, port)));
  });
  return some(all, 3);
}

function hostPort(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

const endpoints = printer<Endpoints>("Name, Endpoints, Age", (object, now) => [
  object.metadata.name,
  endpointsText(object),
  age(object, now),
]);

function externalIP({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case "LoadBalancer": {
      const all = [...balancerAddresses(status?.loadBalancer?.ingress), ...own];
      return all.length > 0 ? all.join(",") : "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return own.length > 0 ? own.join(",") : none;
  }
}

const services = printer<Service>(
  "Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector!",
  (object, now) => {
    const { metadata, spec } = object;
    const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    );
    return [
      metadata.name,
      spec?.type,
      spec?.clusterIPs?.[0] || none,
      externalIP(object),
      ports.join(",") || none,
      age(object, now),
      labelsText(spec?.selector),
    ];
  },
);

const rolePrefix = "node-role.kubernetes.io/";
const roleLabel = "kubernetes.io/role";

function nodeRoles({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) {
      roles.add(key.slice(rolePrefix.length));
    } else if (key === roleLabel && value !== "") roles.add(value);
  }
  return [...roles].toSorted().join(",") || none;
}

function nodeState({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const states = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (spec?.unschedulable) states.push("SchedulingDisabled");
  return states.join(",");
}

const nodes = printer<Node>(
  "Name, Status, Roles, Age, Version, Internal-IP!, External-IP!, OS-Image!, Kernel-Version!, Container-Runtime!",
  (object, now) => {
    const { metadata, status } = object;
    const info = status?.nodeInfo;
    const address = (wanted: string) =>
      status?.addresses?.find(({ type }) => type === wanted)?.address ?? none;
    return [
      metadata.name,
      nodeState(object),
      nodeRoles(object),
      age(object, now),
      info?.kubeletVersion,
      address("InternalIP"),
      address("ExternalIP"),
      info?.osImage || unknown,
      info?.kernelVersion || unknown,
      info?.containerRuntimeVersion || unknown,
    ];
  },
);

function phaseOf(object: KubeObject, phase: string | undefined): string {
  return object.metadata.deletionTimestamp === undefined ? (phase ?? "") : "Terminating";
}

const persistentVolumes = printer<PersistentVolume>(
  "Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode!",
  (object, now) => {
    const { metadata, spec, status } = object;
    const claim = spec?.claimRef;
    return [
      metadata.name,
      spec?.capacity?.["storage"] ?? "0",
      accessModesText(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy,
      phaseOf(object, status?.phase),
      claim ? `${claim.namespace ?? ""}/${claim.name ?? ""}` : "",
      storageClassText(object, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? unset,
      status?.reason,
      age(object, now),
      spec?.volumeMode ?? unset,
    ];
  },
);

const persistentVolumeClaims = printer<PersistentVolumeClaim>(
  "Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode!",
  (object, now) => {
    const { metadata, spec, status } = object;
    const isBound = Boolean(spec?.volumeName);
    return [
      metadata.name,
      phaseOf(object, status?.phase),
      spec?.volumeName,
      isBound ? (status?.capacity?.["storage"] ?? "0") : "",
      isBound ? accessModesText(status?.accessModes) : "",
      storageClassText(object, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? unset,
      age(object, now),
      spec?.volumeMode ?? unset,
    ];
  },
);

const resourceQuotas = printer<ResourceQuota>("Name, Request, Limit, Age", (object, now) => {
  const { metadata, status } = object;
  const rows = Object.keys(status?.hard ?? {})
    .toSorted()
    .map(
      (name) => [name, `${name}: ${status?.used?.[name] ?? "0"}/${status?.hard?.[name]}`] as const,
    );
  const isLimit = (name: string) => name.startsWith("limits.");
  const text = (limits: boolean) =>
    rows.filter(([name]) => isLimit(name) === limits).map(([, row]) => row).join(", "); // prettier-ignore
  return [metadata.name, text(false), text(true), age(object, now)];
});

const eventColumns =
  "Last Seen, Type, Reason, Object, Subobject!, Source!, Message, First Seen!, Count!, Name!";

interface EventFacts {
  readonly event: KubeObject;
  readonly first: string | null | undefined;
  readonly last: string | null | undefined;
  readonly eventTime: string | null | undefined;
  readonly series: Event["series"];
  readonly about: Event["involvedObject"] | undefined;
  readonly count: number | undefined;
  readonly message: string | undefined;
  readonly component: string;
  readonly host: string;
  readonly type: string | undefined;
  readonly reason: string | undefined;
}

function eventCells(facts: EventFacts, now: number) {
  const { event, series, about, component, host } = facts;
  const first = facts.first || facts.eventTime;
  const last = series?.lastObservedTime || facts.last || first;
  const target = about?.name
    ? `${(about.kind ?? "").toLowerCase()}/${about.name}`
    : (about?.kind ?? "").toLowerCase();
  return [
    ago(last, now),
    facts.type,
    facts.reason,
    target,
    about?.fieldPath,
    host === "" ? component : `${component}, ${host}`,
    (facts.message ?? "").trim(),
    ago(first, now),
    series?.count ?? (facts.count || 1),
    event.metadata.name,
  ];
}

const events = printer<Event>(eventColumns, (event, now) =>
  eventCells(
    {
      event, first: event.firstTimestamp, last: event.lastTimestamp, eventTime: event.eventTime,
      series: event.series, about: event.involvedObject, count: event.count,
      message: event.message, type: event.type, reason: event.reason,
      component: event.source?.component || event.reportingComponent || "",
      host: event.source?.host || event.reportingInstance || "",
    }, // prettier-ignore
    now,
  ),
);

const eventsV1 = printer<EventV1>(eventColumns, (event, now) =>
  eventCells(
    {
      event, first: event.deprecatedFirstTimestamp, last: event.deprecatedLastTimestamp,
      eventTime: event.eventTime, series: event.series, about: event.regarding,
      count: event.deprecatedCount, message: event.note, type: event.type, reason: event.reason,
      component: event.deprecatedSource?.component || event.reportingController || "",
      host: event.deprecatedSource?.host || event.reportingInstance || "",
    }, // prettier-ignore
    now,
  ),
);

export const corePrinters: Readonly<Record<string, Printer>> = {
  "v1/componentstatuses": componentStatuses,
  "v1/configmaps": configMaps,
  "v1/endpoints": endpoints,
  "v1/events": events,
  "events.k8s.io/v1/events": eventsV1,
  "v1/limitranges": limitRanges,
  "v1/namespaces": namespaces,
  "v1/nodes": nodes,
  "v1/persistentvolumeclaims": persistentVolumeClaims,
  "v1/persistentvolumes": persistentVolumes,
  "v1/pods": podPrinter,
  "v1/resourcequotas": resourceQuotas,
  "v1/secrets": secrets,
  "v1/serviceaccounts": serviceAccounts,
  "v1/services": services,
};
