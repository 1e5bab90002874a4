import type { Node } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { badRequest, forbidden } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { nodeNameOf } from "../authorization/node.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { mirrorPodProblem } from "./node-restriction-pods.ts";

/**
 * Keeps each kubelet to its own Node, its own pods, and tokens for them.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export function nodeRestriction(reader: ObjectReader): AdmissionPlugin {
  const checks: Record<string, (a: AdmissionAttributes, node: string) => void | Promise<void>> = {
    "/pods/": (a, node) => onPod(reader, a, node),
    "/pods/status": onPodStatus,
    "/pods/eviction": (a, node) => ownPodOnly(reader, a, node, "evict"),
    "/nodes/": onNode,
    "/nodes/status": onNode,
    "/serviceaccounts/token": (a, node) => onToken(reader, a, node),
    "coordination.k8s.io/leases/": onLease,
    "storage.k8s.io/csinodes/": onCsiNode,
    "resource.k8s.io/resourceslices/": onResourceSlice,
  };
  return {
    name: "NodeRestriction",
    matches: {
      operations: ["CREATE", "UPDATE", "DELETE"],
      resources: Object.keys(checks).map((key) => key.replace(/\/$/, "")),
    },
    admit(a) {
      const node = nodeNameOf(a.user);
      if (node === undefined) return;
      return checks[`${a.resource.group}/${a.resource.plural}/${a.subresource}`]?.(a, node);
    },
  };
}

function refuse(a: AdmissionAttributes, why: string): never {
  throw forbidden({ group: a.resource.group, resource: a.resource.plural }, a.name, why);
}

async function onPod(reader: ObjectReader, a: AdmissionAttributes, node: string): Promise<void> {
  if (a.operation === "DELETE") return ownPodOnly(reader, a, node, "delete");
  if (a.operation === "CREATE") {
    const problem = mirrorPodProblem(reader, a.object as Pod, node);
    if (problem !== undefined) refuse(a, problem);
    return;
  }
  refuse(
    a,
    `unexpected operation ${JSON.stringify(a.operation)}, node "${node}" can only create and delete mirror pods`,
  );
}

async function ownPodOnly(
  reader: ObjectReader,
  a: AdmissionAttributes,
  node: string,
  verb: string,
) {
  const pod =
    (a.oldObject as DeepReadonly<Pod> | undefined) ?? reader.get(pods, a.namespace, a.name);
  if (pod && pod.spec.nodeName !== node) {
    refuse(a, `node "${node}" can only ${verb} pods with spec.nodeName set to itself`);
  }
}

function onPodStatus(a: AdmissionAttributes, node: string): void {
  const old = a.oldObject as DeepReadonly<Pod>;
  if (old.spec.nodeName !== node) {
    refuse(
      a,
      `node "${node}" can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  const labels = (pod: DeepReadonly<Pod>) => JSON.stringify(pod.metadata.labels ?? {});
  if (labels(old) !== labels(a.object as Pod)) {
    refuse(a, `node "${node}" cannot update labels through pod status`);
  }
}

/** Labels below these domains say what a node is; a kubelet may set only the listed ones. */
const guardedDomains = /^(?:.*\.)?(?:kubernetes|k8s)\.io$/;
const freeDomains = /^(?:.*\.)?(?:kubelet|node)\.kubernetes\.io$/;
const restrictedDomain = /^(?:.*\.)?node-restriction\.kubernetes\.io$/;
const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

function mayNotSet(label: string): boolean {
  const domain = label.includes("/") ? label.slice(0, label.indexOf("/")) : "";
  if (restrictedDomain.test(domain)) return true;
  return guardedDomains.test(domain) && !freeDomains.test(domain) && !kubeletLabels.has(label);
}

function onNode(a: AdmissionAttributes, node: string): void {
  if (a.operation === "DELETE") refuse(a, `node "${node}" is not allowed to delete nodes`);
  const next = a.object as Node;
  const name = a.name || next.metadata.name;
  if (name !== node) refuse(a, `node "${node}" is not allowed to modify node "${name}"`);
  if (next.spec.configSource) refuse(a, `node "${node}" is not allowed to set spec.configSource`);
  const old = a.oldObject as DeepReadonly<Node> | undefined;
  const before = old?.metadata.labels ?? {};
  const after = next.metadata.labels ?? {};
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (label) => before[label] !== after[label] && mayNotSet(label),
  );
  if (changed.length > 0) {
    const what = old ? "modify labels" : "set the following labels";
    refuse(a, `is not allowed to ${what}: ${changed.toSorted().join(", ")}`);
  }
  if (!old) return;
  const taints = (object: DeepReadonly<Node>) => JSON.stringify(object.spec.taints ?? []);
  if (taints(old) !== taints(next)) refuse(a, `node "${node}" is not allowed to modify taints`);
  const owners = (object: DeepReadonly<Node>) =>
    JSON.stringify(object.metadata.ownerReferences ?? []);
  if (owners(old) !== owners(next)) {
    refuse(a, `node "${node}" is not allowed to modify ownerReferences`);
  }
}

interface TokenRequestLike {
  spec: { boundObjectRef?: { kind?: string; name?: string; uid?: string } | undefined };
}

function onToken(reader: ObjectReader, a: AdmissionAttributes, node: string): void {
  const ref = (a.object as unknown as TokenRequestLike).spec.boundObjectRef;
  if (ref?.kind !== "Pod" || !ref.name) {
    refuse(a, `node requested token not bound to a pod`);
  }
  if (!ref.uid) refuse(a, `node requested token with a pod binding without a uid`);
  const pod = reader.get(pods, a.namespace, ref.name);
  if (!pod) throw badRequest(`pod ${ref.name} not found`);
  if (pod.metadata.uid !== ref.uid) {
    refuse(
      a,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record (${pod.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) {
    refuse(a, `node requested token bound to a pod scheduled on a different node`);
  }
}

function onLease(a: AdmissionAttributes, node: string): void {
  const name = a.name || a.object?.metadata.name;
  if (a.namespace === "kube-node-lease" && name === node) return;
  refuse(a, `can only access node lease with the same name as the requesting node`);
}

function onCsiNode(a: AdmissionAttributes, node: string): void {
  const name = a.name || a.object?.metadata.name;
  if (name !== node) refuse(a, `can only access CSINode with the same name as the requesting node`);
}

function onResourceSlice(a: AdmissionAttributes, node: string): void {
  const slice = (a.operation === "CREATE" ? a.object : a.oldObject) as
    | { spec?: { nodeName?: string } }
    | undefined;
  if (!slice || slice.spec?.nodeName === node) return;
  const verb = a.operation.toLowerCase();
  refuse(a, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}
