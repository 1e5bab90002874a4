import { expect, test } from "vitest";
import { addressOfReverseName, answer, type ZoneView } from "./zone.ts";

const world: Record<string, object> = {
  web: {
    type: "ClusterIP",
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  },
  db: { clusterIP: "None" },
  far: { type: "ExternalName", externalName: "example.com" },
};
const dbSlice = {
  metadata: { name: "db-x", namespace: "shop", labels: { "kubernetes.io/service-name": "db" } },
  ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
  endpoints: [
    { addresses: ["10.244.0.5"], hostname: "db-0", conditions: { ready: true } },
    { addresses: ["10.244.0.6"], conditions: {} },
    { addresses: ["10.244.0.9"], conditions: { ready: false } },
  ],
};
const view = {
  service: (namespace: string, name: string) =>
    namespace === "shop" && name in world
      ? { metadata: { name, namespace }, spec: world[name] }
      : undefined,
  slices: (_namespace: string, name: string) => (name === "db" ? [dbSlice] : []),
  hasNamespace: (name: string) => name === "shop",
  serviceByAddress: (address: string) =>
    address === "10.96.0.7"
      ? { metadata: { name: "web", namespace: "shop" }, spec: world.web }
      : undefined,
  slicesByAddress: (address: string) => (address === "10.244.0.5" ? [dbSlice] : []),
} as unknown as ZoneView;

function ask(name: string, type = "A"): string {
  const found = answer(view, "cluster.local", name, type);
  if (found.found !== "records") return found.found;
  return found.answers
    .map((record) => {
      if ("address" in record) return record.address;
      if (record.type === "SRV") return `${record.target}:${record.port}`;
      return "target" in record ? record.target : record.text;
    })
    .join(" ");
}

test.each([
  ["web.shop.svc.cluster.local", "A", "10.96.0.7"],
  ["web.shop.svc.cluster.local", "AAAA", "noData"],
  ["db.shop.svc.cluster.local", "A", "10.244.0.5 10.244.0.6"],
  ["db-0.db.shop.svc.cluster.local", "A", "10.244.0.5"],
  ["10-244-0-6.db.shop.svc.cluster.local", "A", "10.244.0.6"],
  ["db-9.db.shop.svc.cluster.local", "A", "unknown"],
  ["far.shop.svc.cluster.local", "A", "example.com"],
  ["none.shop.svc.cluster.local", "A", "unknown"],
  ["_http._tcp.web.shop.svc.cluster.local", "SRV", "web.shop.svc.cluster.local:80"],
  [
    "_sql._tcp.db.shop.svc.cluster.local",
    "SRV",
    "db-0.db.shop.svc.cluster.local:5432 10-244-0-6.db.shop.svc.cluster.local:5432",
  ],
  ["_none._tcp.web.shop.svc.cluster.local", "SRV", "unknown"],
  ["10-244-0-5.shop.pod.cluster.local", "A", "10.244.0.5"],
  ["10-244-0-500.shop.pod.cluster.local", "A", "unknown"],
  ["shop.svc.cluster.local", "A", "noData"],
  ["other.svc.cluster.local", "A", "unknown"],
  ["7.0.96.10.in-addr.arpa", "PTR", "web.shop.svc.cluster.local"],
  ["5.0.244.10.in-addr.arpa", "PTR", "db-0.db.shop.svc.cluster.local"],
  ["1.1.1.1.in-addr.arpa", "PTR", "outside"],
  ["dns-version.cluster.local", "TXT", "1.1.0"],
  ["example.com", "A", "outside"],
])("%s %s is %s", (name, type, expected) => {
  expect(ask(name, type)).toBe(expected);
});

test("IPv6 reverse names become short addresses", () => {
  const digits = "1".padEnd(31, "0") + "2";
  const name = `${digits.split("").toReversed().join(".")}.ip6.arpa`;
  expect(addressOfReverseName(name)).toBe("1000::2");
});
