import { type Service, services } from "#apis/core/service.ts";
import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { clusterRoles } from "#apis/rbac/cluster-role.ts";
import { roleBindings } from "#apis/rbac/role-binding.ts";
import { roles } from "#apis/rbac/role.ts";
import { type EndpointSlice, endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import type { Client } from "#client/client.ts";
import { isReason } from "#machinery/errors.ts";
import type { Draft, KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { dnsUser } from "./users.ts";

/**
 * Objects that make the cluster's DNS a Service like any other: `kube-dns` at its usual address,
 * without a selector; each node's agent adds itself as an endpoint.
 */

const namespace = "kube-system";
const dnsService = "kube-dns";
const rbac = "rbac.authorization.k8s.io";
const name = "coxswain:dns";

/** Creates what is missing; what is there, and perhaps changed by hand, stays. */
export async function installAddons(
  client: Client,
  options: { clusterDNS: string },
): Promise<void> {
  const subjects = [{ kind: "User", name: dnsUser.name, apiGroup: rbac }];
  const read = ["list", "watch"];
  await ensure(client, clusterRoles, {
    metadata: { name },
    rules: [
      { apiGroups: [""], resources: ["services", "namespaces"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ],
  });
  const roleRef = { apiGroup: rbac, kind: "ClusterRole", name };
  await ensure(client, clusterRoleBindings, { metadata: { name }, roleRef, subjects });
  await ensure(client, roles, {
    metadata: { name, namespace },
    rules: [
      {
        apiGroups: ["discovery.k8s.io"],
        resources: ["endpointslices"],
        verbs: ["get", "create", "update"],
      },
    ],
  });
  await ensure(client, roleBindings, {
    metadata: { name, namespace },
    roleRef: { ...roleRef, kind: "Role" },
    subjects,
  });
  await ensure(client, services, kubeDns(options.clusterDNS));
}

function kubeDns(clusterIP: string): Draft<Service> {
  return {
    metadata: {
      name: dnsService,
      namespace,
      labels: {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
      },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      ],
    },
  };
}

/** Makes `address` an endpoint of the DNS Service, as the one on `nodeName`. */
export async function publishDns(
  client: Client,
  nodeName: string,
  at: { address: string; port: number },
): Promise<void> {
  const port = (portName: string, protocol: string) => ({
    name: portName,
    protocol,
    port: at.port,
  });
  const slice: Draft<EndpointSlice> = {
    metadata: {
      name: `${dnsService}-${nodeName}`,
      namespace,
      labels: {
        "kubernetes.io/service-name": dnsService,
        "endpointslice.kubernetes.io/managed-by": "coxswain",
      },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [at.address], nodeName, conditions: { ready: true } }],
    ports: [port("dns", "UDP"), port("dns-tcp", "TCP")],
  };
  try {
    await client.create(endpointSlices, slice);
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
    await client.update(endpointSlices, slice as EndpointSlice);
  }
}

async function ensure<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  draft: Draft<NoInfer<T>>,
): Promise<void> {
  const { namespace, name: wanted = "" } = draft.metadata;
  try {
    await client.get(resource, { namespace, name: wanted });
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
    await client.create(resource, draft as never);
  }
}
