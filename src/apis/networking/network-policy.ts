import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  intOrString,
  kind,
  list,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const networkPolicyPort = object("networking.v1.NetworkPolicyPort", {
  protocol: string({ tag: 1, pointer: true, enum: ["SCTP", "TCP", "UDP"] }),
  port: intOrString({ tag: 2, pointer: true }),
  endPort: int32({ tag: 3, pointer: true }),
});
export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}

export const ipBlock = object("networking.v1.IPBlock", {
  cidr: string({ tag: 1, always: true, required: true }),
  except: list(string(), { tag: 2, listType: "atomic" }),
});
export interface IPBlock extends Infer<typeof ipBlock> {}

export const networkPolicyPeer = object("networking.v1.NetworkPolicyPeer", {
  podSelector: struct<LabelSelector>(labelSelector, { tag: 1, pointer: true }),
  namespaceSelector: struct<LabelSelector>(labelSelector, { tag: 2, pointer: true }),
  ipBlock: struct<IPBlock>(ipBlock, { tag: 3, pointer: true }),
});
export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}

export const networkPolicyEgressRule = object("networking.v1.NetworkPolicyEgressRule", {
  ports: list(struct<NetworkPolicyPort>(networkPolicyPort), { tag: 1, listType: "atomic" }),
  to: list(struct<NetworkPolicyPeer>(networkPolicyPeer), { tag: 2, listType: "atomic" }),
});
export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}

export const networkPolicyIngressRule = object("networking.v1.NetworkPolicyIngressRule", {
  ports: list(struct<NetworkPolicyPort>(networkPolicyPort), { tag: 1, listType: "atomic" }),
  from: list(struct<NetworkPolicyPeer>(networkPolicyPeer), { tag: 2, listType: "atomic" }),
});
export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}

export const networkPolicySpec = object("networking.v1.NetworkPolicySpec", {
  podSelector: struct<LabelSelector>(labelSelector, { tag: 1, always: true }),
  ingress: list(struct<NetworkPolicyIngressRule>(networkPolicyIngressRule), {
    tag: 2,
    listType: "atomic",
  }),
  egress: list(struct<NetworkPolicyEgressRule>(networkPolicyEgressRule), {
    tag: 3,
    listType: "atomic",
  }),
  policyTypes: list(string({ enum: ["Egress", "Ingress"] }), { tag: 4, listType: "atomic" }),
});
export interface NetworkPolicySpec extends Infer<typeof networkPolicySpec> {}

export const networkPolicy = kind("networking.v1.NetworkPolicy", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<NetworkPolicySpec>(networkPolicySpec, { tag: 2 }),
});
export interface NetworkPolicy extends Infer<typeof networkPolicy> {}

export const networkPolicies = defineResource<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  singular: "networkpolicy",
  shortNames: ["netpol"],
  namespaced: true,
  schema: networkPolicy,
});
