import { serviceAccountGroups, userName } from "#apiserver/authentication/service-account-token.ts";
import type { UserInfo } from "#machinery/strategy.ts";

/** The users that coxswain's own components are, as upstream's bootstrap policy knows them. */

const authenticated = "system:authenticated";

/** Whoever holds the admin kubeconfig. */
export const adminUser: UserInfo = {
  name: "kubernetes-admin",
  groups: ["system:masters", authenticated],
};

export const schedulerUser: UserInfo = { name: "system:kube-scheduler", groups: [authenticated] };
export const controllerManagerUser: UserInfo = {
  name: "system:kube-controller-manager",
  groups: [authenticated],
};
export const proxyUser: UserInfo = { name: "system:kube-proxy", groups: [authenticated] };

/** The cluster's DNS on a node; its rights come with the add-ons. */
export const dnsUser: UserInfo = { name: "coxswain:dns", groups: [authenticated] };

/** Reads for all hollow nodes of a process at once. */
export const hollowNodesUser: UserInfo = {
  name: "coxswain:hollow-nodes",
  groups: ["system:masters", authenticated],
};

/** Each controller acts as a service account of its own, with just the rights that it needs. */
export function controllerUser(controller: string): UserInfo {
  return {
    name: userName("kube-system", controller),
    groups: [...serviceAccountGroups("kube-system"), authenticated],
  };
}

/** The kubelet of a node. */
export function nodeUser(nodeName: string): UserInfo {
  return { name: `system:node:${nodeName}`, groups: ["system:nodes", authenticated] };
}
