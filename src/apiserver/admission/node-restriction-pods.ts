import { claimNames, configMapNames, secretNames } from "#apis/core/pod-references.ts";
import { nodes } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ObjectReader } from "../object-reader.ts";

/** What is wrong with a pod that the kubelet of `node` makes; undefined: nothing. */
export function mirrorPodProblem(reader: ObjectReader, pod: Pod, node: string): string | undefined {
  const { spec, metadata } = pod;
  if (metadata.annotations?.["kubernetes.io/config.mirror"] === undefined) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`;
  }
  if (spec.nodeName !== node) {
    return `node "${node}" can only create pods with spec.nodeName set to itself`;
  }
  return ownerProblem(reader, pod, node) ?? referenceProblem(pod, node);
}

function ownerProblem(reader: ObjectReader, { metadata }: Pod, node: string): string | undefined {
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (!owner) return undefined;
  const itself = `node "${node}" can only create pods with an owner reference set to itself`;
  if (others.length > 0) {
    return `node "${node}" can only create pods with a single owner reference set to itself`;
  }
  if (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) return itself;
  if (owner.controller !== true) {
    return `node "${node}" can only create pods with a controller owner reference set to itself`;
  }
  if (owner.blockOwnerDeletion === true) {
    return `node "${node}" must not set blockOwnerDeletion on an owner reference`;
  }
  const uid = reader.get(nodes, "", node)?.metadata.uid;
  return uid === owner.uid
    ? undefined
    : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
}

function referenceProblem({ spec, metadata }: Pod, node: string): string | undefined {
  const refuse = (what: string) => `node "${node}" can not create pods that reference ${what}`;
  if (spec.serviceAccountName) return refuse("a service account");
  if (secretNames(spec).size > 0) return refuse("secrets");
  if (configMapNames(spec).size > 0) return refuse("configmaps");
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some((source) => source.serviceAccountToken)) return refuse("a service account");
  if (claimNames(spec, metadata.name).size > 0) return refuse("persistentvolumeclaims");
  if (spec.resourceClaims?.length) return refuse("resourceclaims");
  return undefined;
}
