import { describe, expect, test } from "vitest";
import type { Service } from "#apis/core/service.ts";
import type { EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import { podOf } from "#testkit/objects.ts";
import { planSubsets } from "../endpoints/plan.ts";
import { podMatters } from "./endpoints-of.ts";
import { planEndpointSlices } from "./plan.ts";

function service(spec: object = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "n", uid: "uid-s", labels: { app: "a" } },
    spec: {
      clusterIP: "10.96.0.9",
      ipFamilies: ["IPv4"],
      ports: [{ name: "web", port: 80, targetPort: 8080, protocol: "TCP" }],
      selector: { app: "a" },
      ...spec,
    },
  };
}

const noNode = () => undefined;
const web = (i: number, more: object = {}) =>
  podOf({ name: `p${i}`, ip: `10.1.${i >> 8}.${i & 255}`, node: "n1", ...more });
const stored = (draft: object, name: string): EndpointSlice =>
  ({ ...draft, metadata: { ...(draft as EndpointSlice).metadata, name } }) as EndpointSlice;

describe("one endpoint", () => {
  test.each([
    ["ready", {}, { ready: true, serving: true, terminating: false }],
    ["not ready", { ready: false }, { ready: false, serving: false, terminating: false }],
    ["terminating", { deleted: true }, { ready: false, serving: true, terminating: true }],
  ])("%s", (_what, traits, conditions) => {
    const { create } = planEndpointSlices(service(), [web(1, traits)], noNode, []);
    expect(create).toMatchObject([
      {
        metadata: {
          generateName: "s-",
          labels: {
            app: "a",
            "kubernetes.io/service-name": "s",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          },
        },
        addressType: "IPv4",
        ports: [{ name: "web", port: 8080, protocol: "TCP" }],
        endpoints: [{ addresses: ["10.1.0.1"], conditions, nodeName: "n1" }],
      },
    ]);
  });
  test("ready or not, when the Service publishes all", () => {
    const all = service({ publishNotReadyAddresses: true });
    const { create } = planEndpointSlices(all, [web(1, { ready: false })], noNode, []);
    expect(create[0]?.endpoints?.[0]?.conditions).toMatchObject({ ready: true, serving: false });
  });
});

describe("slices", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => web(i + 1));
  test("without endpoints there is one empty slice without ports", () => {
    const { create } = planEndpointSlices(service(), [], noNode, []);
    expect(create).toMatchObject([{ ports: [], endpoints: [] }]);
    const again = planEndpointSlices(service(), [], noNode, [stored(create[0]!, "s-1")]);
    expect(again).toEqual({ create: [], update: [], delete: [] });
  });
  test("the empty slice is filled rather than replaced", () => {
    const { create } = planEndpointSlices(service(), [], noNode, []);
    const then = planEndpointSlices(service(), many(1), noNode, [stored(create[0]!, "s-1")]);
    expect(then.create).toEqual([]);
    expect(then.update).toMatchObject([{ metadata: { name: "s-1" }, ports: [{ port: 8080 }] }]);
  });
  test("a hundred each, and a change touches one only", () => {
    const { create } = planEndpointSlices(service(), many(250), noNode, []);
    expect(create.map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
    const slices = create.map((draft, i) => stored(draft, `s-${i}`));
    const without = many(250).toSpliced(10, 1);
    const {
      update,
      create: more,
      delete: gone,
    } = planEndpointSlices(service(), without, noNode, slices);
    expect([more.length, gone.length]).toEqual([0, 0]);
    expect(update.map(({ metadata }) => metadata.name)).toEqual(["s-0"]);
    const grown = planEndpointSlices(service(), many(251), noNode, slices);
    expect(grown.update.map(({ metadata }) => metadata.name)).toEqual(["s-2"]);
  });
  test("a named port may be another number on each pod", () => {
    const named = service({ ports: [{ port: 80, targetPort: "http", protocol: "TCP" }] });
    const at = (i: number, containerPort: number) =>
      web(i, { spec: { containers: [{ name: "c", ports: [{ name: "http", containerPort }] }] } });
    const { create } = planEndpointSlices(named, [at(1, 8080), at(2, 9090)], noNode, []);
    expect(create.map(({ ports }) => ports?.[0]?.port ?? 0).toSorted((a, b) => a - b)).toEqual([
      8080, 9090,
    ]);
  });
});

test("Endpoints tell ready and not ready apart, and drop what is terminating", () => {
  const pods = [web(2), web(1, { ready: false }), web(3, { deleted: true })];
  expect(planSubsets(service(), pods)).toMatchObject([
    {
      addresses: [{ ip: "10.1.0.2", targetRef: { kind: "Pod", name: "p2" } }],
      notReadyAddresses: [{ ip: "10.1.0.1" }],
      ports: [{ name: "web", port: 8080, protocol: "TCP" }],
    },
  ]);
});

test("that a pod which is not ready completes changes nothing", () => {
  const running = web(1, { ready: false });
  expect(podMatters(web(1, { phase: "Succeeded", ready: false }), running)).toBe(false);
  expect(podMatters(web(1), running)).toBe(true);
  expect(podMatters(undefined, running)).toBe(true);
});
