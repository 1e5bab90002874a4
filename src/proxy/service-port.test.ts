import { expect, test } from "vitest";
import type { Service } from "#apis/core/service.ts";
import type { EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import { servicePorts } from "./service-port.ts";

type Ready = "ready" | "serving" | "gone" | "unknown";
const conditions: Record<Ready, object> = {
  ready: { ready: true, serving: true, terminating: false },
  serving: { ready: false, serving: true, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
  unknown: {},
};

function service(spec: object = {}, more: object = {}): Service {
  const ports = [{ port: 80, protocol: "TCP", targetPort: 8080 }];
  return {
    metadata: { name: "web", namespace: "shop" },
    spec: { type: "ClusterIP", clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7"], ports, ...spec },
    ...more,
  } as unknown as Service;
}

function slice(...endpoints: [address: string, node: string, state?: Ready, zone?: string][]) {
  return {
    metadata: { name: "web-x", namespace: "shop" },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: endpoints.map(([address, nodeName, state = "ready", zone]) => ({
      addresses: [address],
      nodeName,
      conditions: conditions[state],
      ...(zone ? { hints: { forZones: [{ name: zone }] } } : {}),
    })),
  } as unknown as EndpointSlice;
}

const node = { nodeName: "n1", zone: "east" };
const only = (of: Service, ...slices: EndpointSlice[]) => servicePorts(of, slices, node)[0]!;
const addresses = (targets: readonly { address: string }[]) => targets.map((one) => one.address);

test("a port leads to the ready endpoints", () => {
  const port = only(service(), slice(["10.244.1.2", "n2"], ["10.244.0.2", "n1", "unknown"]));
  expect(port).toEqual({
    service: "shop/web",
    portName: "",
    protocol: "tcp",
    port: 80,
    clusterIP: "10.96.0.7",
    nodePort: 0,
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    affinitySeconds: 0,
    internal: [
      { address: "10.244.0.2", port: 8080, local: true },
      { address: "10.244.1.2", port: 8080, local: false },
    ],
    external: port.internal,
    externalLocal: false,
  });
});

test.each([
  ["headless", service({ clusterIP: "None", clusterIPs: ["None"] })],
  ["an alias", service({ type: "ExternalName", clusterIP: undefined, clusterIPs: undefined })],
  ["IPv6 only", service({ clusterIP: "fd00::7", clusterIPs: ["fd00::7"] })],
  [
    "another proxy's",
    service(
      {},
      {
        metadata: { name: "web", labels: { "service.kubernetes.io/service-proxy-name": "mesh" } },
      },
    ),
  ],
])("a Service that is %s has no ports here", (_what, of) => {
  expect(servicePorts(of, [slice(["10.244.0.2", "n1"])], node)).toEqual([]);
});

test("what still serves while it ends is used when nothing is ready", () => {
  const ending = slice(["10.244.0.2", "n1", "serving"], ["10.244.0.3", "n1", "gone"]);
  expect(addresses(only(service(), ending).internal)).toEqual(["10.244.0.2"]);
  const port = only(service(), ending, slice(["10.244.1.2", "n2"]));
  expect(addresses(port.internal)).toEqual(["10.244.1.2"]);
});

test("policies that say Local keep to endpoints on this node", () => {
  const slices = slice(["10.244.0.2", "n1"], ["10.244.1.2", "n2"]);
  const outside = only(service({ type: "NodePort", externalTrafficPolicy: "Local" }), slices);
  expect(addresses(outside.internal)).toEqual(["10.244.0.2", "10.244.1.2"]);
  expect(addresses(outside.external)).toEqual(["10.244.0.2"]);
  expect(outside.externalLocal).toBe(true);
  const inside = only(service({ internalTrafficPolicy: "Local" }), slices);
  expect(addresses(inside.internal)).toEqual(["10.244.0.2"]);
  const elsewhere = slice(["10.244.1.2", "n2"]);
  expect(only(service({ internalTrafficPolicy: "Local" }), elsewhere).internal).toEqual([]);
});

test("hints keep traffic in the zone when all endpoints have them", () => {
  const hinted = slice(
    ["10.244.0.2", "n1", "ready", "west"],
    ["10.244.1.2", "n2", "ready", "east"],
  );
  expect(addresses(only(service(), hinted).internal)).toEqual(["10.244.1.2"]);
  const unhinted = slice(["10.244.2.2", "n3"]);
  expect(only(service(), hinted, unhinted).internal).toHaveLength(3);
  const far = slice(["10.244.0.2", "n1", "ready", "west"]);
  expect(addresses(only(service(), far).internal)).toEqual(["10.244.0.2"]);
});

test("an endpoint in two slices is one endpoint, and IPv6 slices are left out", () => {
  const six = { ...slice(["fd00::2", "n1"]), addressType: "IPv6" as const };
  const port = only(service(), slice(["10.244.0.2", "n1"]), slice(["10.244.0.2", "n1"]), six);
  expect(addresses(port.internal)).toEqual(["10.244.0.2"]);
});

test("each port leads to the slices' port of its name", () => {
  const ports = [
    { name: "http", port: 80, protocol: "TCP", nodePort: 30_080 },
    { name: "dns", port: 53, protocol: "UDP" },
  ];
  const named = { ...slice(["10.244.0.2", "n1"]), ports: [{ name: "http", port: 8080 }] };
  const found = servicePorts(service({ ports }), [named], node);
  expect(found.map(({ portName, protocol, nodePort, internal }) => [
    portName, protocol, nodePort, internal.length,
  ])).toEqual([
    ["http", "tcp", 30_080, 1],
    ["dns", "udp", 0, 0],
  ]); // prettier-ignore
});

test("affinity lasts three hours unless told otherwise", () => {
  expect(only(service({ sessionAffinity: "ClientIP" })).affinitySeconds).toBe(10_800);
  const sessionAffinityConfig = { clientIP: { timeoutSeconds: 60 } };
  const short = service({ sessionAffinity: "ClientIP", sessionAffinityConfig });
  expect(only(short).affinitySeconds).toBe(60);
});

test("addresses of load balancers count unless these are proxies themselves", () => {
  const ingress = [{ ip: "192.0.2.1" }, { ip: "192.0.2.2", ipMode: "Proxy" }, { hostname: "lb" }];
  const ranges = { externalIPs: ["192.0.2.9"], loadBalancerSourceRanges: ["198.51.100.0/24"] };
  const port = only(
    service({ type: "LoadBalancer", ...ranges }, { status: { loadBalancer: { ingress } } }),
  );
  expect(port).toMatchObject({
    loadBalancerIPs: ["192.0.2.1"],
    externalIPs: ["192.0.2.9"],
    sourceRanges: ["198.51.100.0/24"],
  });
});
