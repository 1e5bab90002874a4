import { apiServices } from "#apis/apiregistration/api-service.ts";
import { configMaps } from "#apis/core/config-map.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { flowSchemas } from "#apis/flowcontrol/flow-schema.ts";
import { priorityLevelConfigurations } from "#apis/flowcontrol/priority-level-configuration.ts";
import { priorityClasses } from "#apis/scheduling/priority-class.ts";
import { rfc3339 } from "#base/clock.ts";
import type { Resource } from "#machinery/resource.ts";
import type { OwnObject } from "../rest/own-writer.ts";
import table from "./objects.json" with { type: "json" };

/** An object that has to exist, and of which resource. */
export type Wanted = readonly [resource: Resource<never>, object: OwnObject];

const autoUpdate = { "apf.kubernetes.io/autoupdate-spec": "true" };

/** What a cluster has from its first moment, beside its RBAC policy. `nowMs` dates conditions. */
export function bootstrapObjects(nowMs: number, clientCa: string | undefined): Wanted[] {
  const now = rfc3339(nowMs);
  return [
    ...["kube-system", "default", "kube-public", "kube-node-lease"].map(namespace),
    ...priorities(),
    ...table.priorityLevels.map(({ name, spec }): Wanted => [
      priorityLevelConfigurations as Resource<never>,
      { metadata: { name, annotations: autoUpdate }, spec },
    ]),
    ...table.flowSchemas.map((schema) => flowSchema(schema, now)),
    ...table.apiServices.map((row) => apiService(row, now)),
    ...systemConfigMaps(now, clientCa),
  ];
}

function namespace(name: string): Wanted {
  return [
    namespaces as Resource<never>,
    {
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    },
  ];
}

function priorities(): Wanted[] {
  const words = {
    "system-cluster-critical":
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    "system-node-critical":
      "Used for system critical pods that must not be moved from their current node.",
  };
  return Object.entries(words).map(([name, description]) => [
    priorityClasses as Resource<never>,
    {
      metadata: { name },
      value: name === "system-node-critical" ? 2_000_001_000 : 2_000_000_000,
      description,
    },
  ]);
}

function flowSchema({ name, spec }: (typeof table.flowSchemas)[number], now: string): Wanted {
  const level = spec.priorityLevelConfiguration.name;
  const condition = {
    type: "Dangling",
    status: "False",
    lastTransitionTime: now,
    reason: "Found",
    message: `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} and it exists`,
  };
  return [
    flowSchemas as Resource<never>,
    { metadata: { name, annotations: autoUpdate }, spec, status: { conditions: [condition] } },
  ];
}

function apiService(
  [group, version, groupPriorityMinimum, versionPriority]: (string | number)[],
  now: string,
): Wanted {
  const condition = {
    type: "Available",
    status: "True",
    lastTransitionTime: now,
    reason: "Local",
    message: "Local APIServices are always available",
  };
  return [
    apiServices as Resource<never>,
    {
      metadata: {
        name: `${version}.${group}`,
        labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" },
      },
      spec: { group, version, groupPriorityMinimum, versionPriority },
      status: { conditions: [condition] },
    },
  ];
}

/** How aggregated API servers learn whom this one believes, and since when tokens are tracked. */
function systemConfigMaps(now: string, clientCa: string | undefined): Wanted[] {
  const inSystem = (name: string, data: Record<string, string>): Wanted => [
    configMaps as Resource<never>,
    { metadata: { namespace: "kube-system", name }, data },
  ];
  return [
    inSystem("extension-apiserver-authentication", { "client-ca-file": clientCa ?? "" }),
    inSystem("kube-apiserver-legacy-service-account-token-tracking", { since: now.slice(0, 10) }),
  ];
}
