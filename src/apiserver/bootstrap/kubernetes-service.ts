import { endpoints } from "#apis/core/endpoints.ts";
import type { Endpoints } from "#apis/core/endpoints.ts";
import { services } from "#apis/core/service.ts";
import { type EndpointSlice, endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import { ipAddresses } from "#apis/networking/ip-address.ts";
import { serviceCIDRs } from "#apis/networking/service-cidr.ts";
import { rfc3339 } from "#base/clock.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Resource } from "#machinery/resource.ts";
import type { OwnObject, OwnWriter } from "../rest/own-writer.ts";
import { IpRange } from "../rest/services/ip-range.ts";
import type { Wanted } from "./objects.ts";

const at = { namespace: "default", name: "kubernetes" };
const port = { name: "https", protocol: "TCP" };

/** The Service `kubernetes`, by which pods reach the API, and the range it is the first of. */
export function kubernetesService(
  serviceCIDR: string,
  securePort: number,
  nowMs: number,
): Wanted[] {
  const address = new IpRange(serviceCIDR).first;
  const ready = {
    type: "Ready",
    status: "True",
    lastTransitionTime: rfc3339(nowMs),
    reason: "",
    message: "Kubernetes Service CIDR is ready",
  };
  return [
    [
      serviceCIDRs as Resource<never>,
      {
        metadata: { name: "kubernetes" },
        spec: { cidrs: [serviceCIDR] },
        status: { conditions: [ready] },
      },
    ],
    [
      ipAddresses as Resource<never>,
      {
        metadata: {
          name: address,
          labels: {
            "ipaddress.kubernetes.io/ip-family": "IPv4",
            "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
          },
        },
        spec: { parentRef: { resource: "services", ...at } },
      },
    ],
    [
      services as Resource<never>,
      {
        metadata: { ...at, labels: { component: "apiserver", provider: "kubernetes" } },
        spec: {
          type: "ClusterIP",
          clusterIP: address,
          clusterIPs: [address],
          ipFamilies: ["IPv4"],
          ipFamilyPolicy: "SingleStack",
          sessionAffinity: "None",
          internalTrafficPolicy: "Cluster",
          ports: [{ ...port, port: 443, targetPort: securePort }],
        },
      },
    ],
  ];
}

/** Says where this server answers: the endpoints of the Service `kubernetes`. */
export async function publishEndpoints(
  writer: OwnWriter,
  address: string,
  securePort: number,
): Promise<void> {
  const ports = [{ ...port, port: securePort }];
  const subsets = [{ addresses: [{ ip: address }], ports }];
  const plain: OwnObject = {
    metadata: { ...at, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets,
  };
  await writer.ensure(endpoints as Resource<never>, plain);
  const current = writer.current(endpoints as Resource<never>, plain)?.object as Endpoints;
  if (!equalJson(current.subsets, subsets)) {
    await writer.change(endpoints as Resource<never>, plain, (copy) => {
      (copy as Endpoints).subsets = structuredClone(subsets);
    });
  }
  const parts = { endpoints: [{ addresses: [address], conditions: { ready: true } }], ports };
  const slice: OwnObject = {
    metadata: { ...at, labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: address.includes(":") ? "IPv6" : "IPv4",
    ...parts,
  };
  await writer.ensure(endpointSlices as Resource<never>, slice);
  const published = writer.current(endpointSlices as Resource<never>, slice)
    ?.object as EndpointSlice;
  if (equalJson(published.endpoints, parts.endpoints) && equalJson(published.ports, ports)) return;
  await writer.change(endpointSlices as Resource<never>, slice, (copy) => {
    Object.assign(copy, structuredClone(parts));
  });
}
