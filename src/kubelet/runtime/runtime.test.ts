import { describe, expect, test } from "vitest";
import type { Service } from "#apis/core/service.ts";
import { container, podOf } from "../testkit.ts";
import { linuxResources, oomScoreAdjOf } from "./container-resources.ts";
import { parseResolvConf, podDns } from "./dns.ts";
import { parseEnvFile } from "./env-file.ts";
import { expand, expandStrictly } from "./expansion.ts";
import { hostsFile, podHostname } from "./hostname.ts";
import { completeImageName, isLatest } from "./image-reference.ts";
import { serviceVariables, visibleServices } from "./service-env.ts";

test.each([
  ["$(A)", "1"],
  ["x$(A)y$(B)", "x1y2"],
  ["$(NOPE)", "$(NOPE)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$1"],
  ["$A", "$A"],
  ["$(A", "$(A"],
  ["a$", "a$"],
])("expand %s → %s", (text, expanded) => {
  const values: Record<string, string> = { A: "1", B: "2" };
  expect(expand(text, (name) => values[name])).toBe(expanded);
});

test("subPathExpr does not stand for a name without a value", () => {
  expect(expandStrictly("$(A)/x", new Map([["A", "1"]]))).toBe("1/x");
  expect(() => expandStrictly("$(B)", new Map())).toThrow('missing value for "B"');
});

test.each([
  ["busybox", "docker.io/library/busybox:latest"],
  ["a/b:1", "docker.io/a/b:1"],
  ["host:5000/a", "host:5000/a:latest"],
  ["localhost/a", "localhost/a:latest"],
  ["r.io/a@sha256:" + "0".repeat(64), "r.io/a@sha256:" + "0".repeat(64)],
])("image %s is %s", (image, complete) => expect(completeImageName(image)).toBe(complete));

test.each([
  ["BAD//Image", "invalid reference format: repository name (/Image) must be lowercase"],
  ["a b", "invalid reference format"],
  ["0".repeat(64), `invalid repository name (${"0".repeat(64)}), cannot specify 64-byte hexadecimal strings`],
])("image %s is refused", (image, reason) => {
  const message = `couldn't parse image name ${JSON.stringify(image)}: ${reason}`;
  expect(() => completeImageName(image)).toThrow(message);
}); // prettier-ignore

test("without a tag, or with latest, an image is pulled each time", () => {
  const digest = `a@sha256:${"0".repeat(64)}`;
  expect(["a", "a:latest", "a:1", digest].map(isLatest)).toEqual([true, true, false, false]);
});

describe("env files", () => {
  test("hold names and single-quoted values", () => {
    const text = "# note\n\nA='1'\n  B='x y' # why\nC='two\nlines'\n";
    expect([...parseEnvFile(text)]).toEqual([["A", "1"], ["B", "x y"], ["C", "two\nlines"]]); // prettier-ignore
  });
  test.each(["A=1", 'A="1"', "A='1", "1A='x'", "A='1' B='2'"])("refuse %s", (text) =>
    expect(() => parseEnvFile(text)).toThrow("invalid environment variable format"),
  );
});

describe("resolv.conf", () => {
  const host = parseResolvConf("# x\nsearch example.org\nnameserver 9.9.9.9\noptions timeout:1\n");
  const settings = { clusterDns: ["10.96.0.10"], clusterDomain: "cluster.local", host };
  const dns = (spec: Parameters<typeof podOf>[0]) => podDns(podOf(spec), settings).dns;

  test("points at the cluster's DNS first", () => {
    expect(dns({})).toEqual({
      servers: ["10.96.0.10"],
      searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.org"],
      options: ["ndots:5"],
    });
  });
  test("is the host's on the host's network, unless asked otherwise", () => {
    expect(dns({ hostNetwork: true })).toEqual(host);
    const dnsPolicy = "ClusterFirstWithHostNet";
    expect(dns({ hostNetwork: true, dnsPolicy }).servers).toEqual(["10.96.0.10"]);
    expect(dns({ dnsPolicy: "Default" })).toEqual(host);
  });
  test("takes what dnsConfig adds", () => {
    const dnsConfig = {
      nameservers: ["1.1.1.1"],
      searches: ["a.b"],
      options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
    };
    expect(dns({ dnsPolicy: "None", dnsConfig })).toEqual({
      servers: ["1.1.1.1"],
      searches: ["a.b"],
      options: ["ndots:2", "edns0"],
    });
  });
  test("has three servers at most", () => {
    const nameservers = ["1.1.1.1", "2.2.2.2", "3.3.3.3"];
    const { dns: cut, warnings } = podDns(podOf({ dnsConfig: { nameservers } }), settings);
    expect(cut.servers).toEqual(["10.96.0.10", "1.1.1.1", "2.2.2.2"]);
    expect(warnings).toEqual([
      "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2",
    ]);
  });
});

describe("hostname", () => {
  const named = (spec: Parameters<typeof podOf>[0]) => podHostname(podOf(spec), "cluster.local");
  test("is the pod's name, or what the spec says", () => {
    expect(named({})).toMatchObject({ hostname: "p", nodename: "p" });
    expect(named({ hostname: "h" })).toMatchObject({ hostname: "h", nodename: "h" });
  });
  test("may be the full name, which the kernel takes up to 64 characters", () => {
    const spec = { hostname: "h", subdomain: "s", setHostnameAsFQDN: true };
    expect(named(spec).nodename).toBe("h.s.default.svc.cluster.local");
    expect(() => named({ ...spec, subdomain: "s".repeat(60) })).toThrow(
      "is too long (64 characters",
    );
  });
  test("stands in /etc/hosts with the pod's address, before aliases", () => {
    const pod = podOf({ subdomain: "s", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] });
    const text = hostsFile(pod, podHostname(pod, "cluster.local"), ["10.0.0.1"], "");
    expect(text.split("\n").slice(-5)).toEqual([
      "10.0.0.1\tp.s.default.svc.cluster.local\tp",
      "",
      "# Entries added by HostAliases.",
      "1.2.3.4\ta\tb",
      "",
    ]);
  });
});

describe("variables of Services", () => {
  const service = (namespace: string, name: string, clusterIP = "10.96.0.1"): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { clusterIP, ports: [{ name: "https", port: 443, protocol: "TCP" }] },
  });
  const all = [
    service("default", "kubernetes"),
    service("a", "my-web", "10.96.0.2"),
    service("a", "headless", "None"),
    service("b", "other"),
  ];
  const names = (namespace: string, links: boolean) =>
    visibleServices(all, namespace, links).map(({ metadata }) => metadata.name);

  test("are those of the namespace, and of the API server", () => {
    expect(names("a", true).toSorted()).toEqual(["kubernetes", "my-web"]);
    expect(names("a", false)).toEqual(["kubernetes"]);
    expect(names("c", true)).toEqual(["kubernetes"]);
  });
  test("are written as upstream writes them", () => {
    expect(Object.fromEntries(serviceVariables([all[1]!]))).toEqual({
      MY_WEB_SERVICE_HOST: "10.96.0.2",
      MY_WEB_SERVICE_PORT: "443",
      MY_WEB_SERVICE_PORT_HTTPS: "443",
      MY_WEB_PORT: "tcp://10.96.0.2:443",
      MY_WEB_PORT_443_TCP: "tcp://10.96.0.2:443",
      MY_WEB_PORT_443_TCP_PROTO: "tcp",
      MY_WEB_PORT_443_TCP_PORT: "443",
      MY_WEB_PORT_443_TCP_ADDR: "10.96.0.2",
    });
  });
});

describe("resources", () => {
  const gibibyte = 2 ** 30;
  const settings = { machineMemoryBytes: 10 * gibibyte, cgroupVersion: 1 as const };
  const of = (resources: {
    requests?: Record<string, string>;
    limits?: Record<string, string>;
  }) => {
    const spec = container("c", { resources });
    const pod = podOf({ containers: [spec] });
    return linuxResources(pod, { container: spec, kind: "regular" }, resources, settings);
  };

  test.each([
    [{}, { cpuShares: 2, cpuQuota: 0, memoryLimitInBytes: 0, oomScoreAdj: 1000 }],
    [{ requests: { cpu: "500m" } }, { cpuShares: 512, cpuQuota: 0, oomScoreAdj: 999 }],
    [{ limits: { cpu: "250m" } }, { cpuShares: 256, cpuQuota: 25_000 }],
    [{ requests: { memory: "1Gi" } }, { memoryLimitInBytes: 0, oomScoreAdj: 900 }],
    [{ limits: { cpu: "1", memory: "1Gi" } }, { memoryLimitInBytes: gibibyte, oomScoreAdj: -997 }],
    [{ limits: { cpu: "1m" } }, { cpuShares: 2, cpuQuota: 1_000 }],
  ])("%j", (resources, expected) => expect(of(resources)).toMatchObject(expected));

  test("a sidecar goes no sooner than the containers it serves", () => {
    const sidecar = container("s", { restartPolicy: "Always" });
    const big = container("c", { resources: { requests: { memory: "5Gi" } } });
    const pod = podOf({ initContainers: [sidecar], containers: [big] });
    const memory = 10 * gibibyte;
    expect(oomScoreAdjOf(pod, { container: sidecar, kind: "sidecar" }, memory)).toBe(500);
  });
});
