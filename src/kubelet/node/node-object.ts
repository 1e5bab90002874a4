/** The Node object that this kubelet keeps in the API. Pure. */
import type { ContainerImage, NodeStatus } from "#apis/core/node-status.ts";
import type { Node, Taint } from "#apis/core/node.ts";
import type { Image, RuntimeHandler, StatusResponse } from "../cri/types.ts";
import type { MachineFacts } from "../host/machine.ts";
import type { Draft } from "#machinery/meta.ts";
import { same } from "../status/status-patch.ts";
import type { Resources } from "./capacity.ts";

/** The version of Kubernetes whose kubelet this is. */
export const kubeletVersion = "v1.36.1";
const imagesMax = 50;
const imageNamesMax = 5;

export interface NodeIdentity {
  readonly name: string;
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly podCidr: string | undefined;
  readonly serverPort: number;
}

export interface NodeStatusInput {
  readonly identity: NodeIdentity;
  readonly facts: MachineFacts;
  readonly capacity: Resources;
  readonly allocatable: Resources;
  readonly conditions: NonNullable<NodeStatus["conditions"]>;
  readonly images: readonly Image[];
  readonly runtime: { readonly name: string; readonly version: string };
  readonly runtimeStatus: StatusResponse | undefined;
}

/** Labels that every node has. */
export function standardLabels(hostname: string, architecture: string): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": hostname,
    "kubernetes.io/os": "linux",
  };
}

export function nodeDraft(
  identity: NodeIdentity,
  architecture: string,
  status: NodeStatus,
): Draft<Node> {
  const { name, hostname, labels, taints, podCidr } = identity;
  return {
    metadata: {
      name,
      labels: { ...standardLabels(hostname, architecture), ...labels },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      ...(podCidr ? { podCIDR: podCidr, podCIDRs: [podCidr] } : {}),
      ...(taints.length > 0 ? { taints: [...taints] } : {}),
    },
    status,
  };
}

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { identity, facts, capacity, allocatable, conditions, runtime, runtimeStatus } = input;
  const handlers = runtimeStatus?.runtimeHandlers ?? [];
  const strict = runtimeStatus?.features?.supplementalGroupsPolicy;
  return {
    capacity,
    allocatable,
    conditions,
    addresses: [
      ...identity.addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: identity.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: identity.serverPort } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid,
      bootID: facts.bootId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: facts.architecture,
      ...(facts.swapBytes > 0 ? { swap: { capacity: facts.swapBytes } } : {}),
    },
    images: imagesOf(input.images),
    ...(handlers.length > 0 ? { runtimeHandlers: handlers.map(handlerOf) } : {}),
    ...(strict === undefined ? {} : { features: { supplementalGroupsPolicy: strict } }),
  };
}

function handlerOf({ name, features = {} }: RuntimeHandler) {
  const { recursiveReadOnlyMounts = false, userNamespaces = false } = features;
  return { name, features: { recursiveReadOnlyMounts, userNamespaces } };
}

/** The biggest images, each with a few of its names. */
function imagesOf(images: readonly Image[]): ContainerImage[] {
  return images
    .toSorted((a, b) => b.size - a.size)
    .slice(0, imagesMax)
    .map(({ repoDigests, repoTags, size }) => ({
      names: [...repoDigests, ...repoTags].slice(0, imageNamesMax),
      sizeBytes: size,
    }));
}

/** What of the status differs from what the API has, as a strategic merge patch; heartbeats aside. */
export function nodeStatusPatch(old: Partial<NodeStatus>, next: NodeStatus): Partial<NodeStatus> {
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(next)) {
    const before = (old as Record<string, unknown>)[name];
    if (name === "conditions") {
      const changed = next.conditions!.filter((condition) => {
        const known = old.conditions?.find(({ type }) => type === condition.type);
        return !same(withoutHeartbeat(known), withoutHeartbeat(condition));
      });
      if (changed.length > 0) patch["conditions"] = changed;
    } else if (!same(before, value)) patch[name] = value;
  }
  return patch;
}

function withoutHeartbeat<T extends { lastHeartbeatTime?: string | null | undefined } | undefined>(
  condition: T,
) {
  if (!condition) return undefined;
  const { lastHeartbeatTime: _, ...rest } = condition;
  return rest;
}
