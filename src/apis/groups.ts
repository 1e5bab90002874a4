/** A group of the API and its versions, the preferred one first. */
export interface ApiGroup {
  /** "" is the core group. */
  readonly name: string;
  readonly versions: readonly string[];
}

/** The groups in the order in which discovery lists them. */
export const apiGroups: readonly ApiGroup[] = [
  { name: "", versions: ["v1"] },
  { name: "apiregistration.k8s.io", versions: ["v1"] },
  { name: "apps", versions: ["v1"] },
  { name: "events.k8s.io", versions: ["v1"] },
  { name: "authentication.k8s.io", versions: ["v1"] },
  { name: "authorization.k8s.io", versions: ["v1"] },
  { name: "autoscaling", versions: ["v2", "v1"] },
  { name: "batch", versions: ["v1"] },
  { name: "certificates.k8s.io", versions: ["v1"] },
  { name: "networking.k8s.io", versions: ["v1"] },
  { name: "policy", versions: ["v1"] },
  { name: "rbac.authorization.k8s.io", versions: ["v1"] },
  { name: "storage.k8s.io", versions: ["v1"] },
  { name: "admissionregistration.k8s.io", versions: ["v1"] },
  { name: "apiextensions.k8s.io", versions: ["v1"] },
  { name: "scheduling.k8s.io", versions: ["v1"] },
  { name: "coordination.k8s.io", versions: ["v1"] },
  { name: "node.k8s.io", versions: ["v1"] },
  { name: "discovery.k8s.io", versions: ["v1"] },
  { name: "resource.k8s.io", versions: ["v1"] },
  { name: "flowcontrol.apiserver.k8s.io", versions: ["v1"] },
];
