import { beforeEach, expect, test } from "vitest";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { services } from "#apis/core/service.ts";
import { endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import { seededChance } from "#base/chance.ts";
import { MemoryReader } from "#apiserver/testkit.ts";
import type { ResourceRequestInfo } from "../context.ts";
import { proxyTarget } from "./proxy-target.ts";

const kubelet = { cert: "cert", key: "key", ca: "ca" };
let reader: MemoryReader;

beforeEach(() => {
  reader = new MemoryReader();
  const address = (podIP: string) => ({ status: { podIP } });
  const containers = [{ name: "a" }, { name: "b", ports: [{ containerPort: 8080 }] }];
  const put = (name: string, more: object, spec: object = { containers: [{ name: "a" }] }) =>
    reader.put(pods, { metadata: { name, namespace: "shop" }, spec, ...more });
  put("web", address("10.244.0.5"), { containers });
  put("bare", address("10.244.0.6"));
  put("six", address("fd00::6"));
  put("new", {});
  put("self", address("127.0.0.1"));
  put("meta", address("169.254.169.254"));
  const service = (name: string, ports: object[]) =>
    reader.put(services, { metadata: { name, namespace: "shop" }, spec: { ports } });
  service("one", [{ port: 80 }]);
  service("two", [
    { name: "http", port: 80 },
    { name: "admin", port: 81 },
  ]);
  service("idle", [{ port: 80 }]);
  slice(
    "one",
    [{ port: 8080 }],
    [
      ["10.244.0.5", true],
      ["10.244.0.6", false],
    ],
  );
  slice(
    "two",
    [
      { name: "http", port: 8080 },
      { name: "admin", port: 8081 },
    ],
    [["10.244.0.5", true]],
  );
  slice("idle", [{ port: 8080 }], [["10.244.0.5", false]]);
  const addresses = [
    { type: "Hostname", address: "n1.example" },
    { type: "InternalIP", address: "192.0.2.1" },
  ];
  reader.put(nodes, { metadata: { name: "n1" }, status: { addresses } });
});

function slice(service: string, ports: object[], endpoints: [string, boolean][]): void {
  reader.put(endpointSlices, {
    metadata: {
      name: `${service}-x`,
      namespace: "shop",
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: "IPv4",
    ports,
    endpoints: endpoints.map(([address, ready]) => ({
      addresses: [address],
      conditions: { ready },
    })),
  });
}

/** `resource/name`, as in the path. */
function target(what: string) {
  const [resource, name] = what.split("/");
  const namespace = resource === "nodes" ? "" : "shop";
  const { signal } = new AbortController();
  const info = { resource, namespace, name } as ResourceRequestInfo;
  return proxyTarget(info, { reader, kubelet, signal }, seededChance(1));
}

test.each([
  ["pods/web", "http://10.244.0.5:8080"],
  ["pods/web:9090", "http://10.244.0.5:9090"],
  ["pods/http:web:9090", "http://10.244.0.5:9090"],
  ["pods/https:web:", "https://10.244.0.5:8080"],
  ["pods/bare", "http://10.244.0.6:80"],
  ["pods/https:bare:", "https://10.244.0.6:443"],
  ["pods/six", "http://[fd00::6]:80"],
  ["services/one", "http://10.244.0.5:8080"],
  ["services/one:80", "http://10.244.0.5:8080"],
  ["services/two:admin", "http://10.244.0.5:8081"],
  ["services/two:81", "http://10.244.0.5:8081"],
  ["services/https:two:http", "https://10.244.0.5:8080"],
  ["nodes/n1", "https://192.0.2.1:10250"],
  ["nodes/n1:10250", "https://192.0.2.1:10250"],
  ["nodes/n1:9100", "http://192.0.2.1:9100"],
  ["nodes/https:n1:9100", "https://192.0.2.1:9100"],
])("%s is reached at %s", (what, origin) => {
  expect(target(what).origin).toBe(origin);
});

test.each([
  ["pods/none", "NotFound"],
  ["services/none", "NotFound"],
  ["nodes/none", "NotFound"],
  ["pods/ftp:web:21", "BadRequest"],
  ["pods/a:b:c:d", "BadRequest"],
  ["pods/:80", "BadRequest"],
  ["pods/web:0", "BadRequest"],
  ["pods/web:65536", "BadRequest"],
  ["pods/web:http", "BadRequest"],
  ["pods/new", "BadRequest"],
  ["pods/self", "BadRequest"],
  ["pods/meta", "BadRequest"],
  ["services/two", "ServiceUnavailable"],
  ["services/one:none", "ServiceUnavailable"],
  ["services/idle", "ServiceUnavailable"],
])("%s is refused: %s", (what, reason) => {
  expect(() => target(what)).toThrow(expect.objectContaining({ reason }));
});

test("only the kubelet is shown the server's client certificate", () => {
  expect(target("nodes/n1").tls).toEqual({ ...kubelet, servername: "n1" });
  expect(target("nodes/n1:9100").tls).toBeUndefined();
  expect(target("nodes/https:n1:9100").tls).toEqual({ rejectUnauthorized: false });
  expect(target("pods/https:web:").tls).toEqual({ rejectUnauthorized: false });
});
