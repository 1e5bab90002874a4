import { describe, expect, test } from "vitest";
import type { ResourceQuota } from "#apis/core/resource-quota.ts";
import type { Service } from "#apis/core/service.ts";
import { podOf, testNowMs } from "#testkit/objects.ts";
import { inScope, limitedTo, podCounts, podUsage, serviceUsage } from "./usage.ts";

function container(cpu: string, more: object = {}) {
  return { name: cpu, resources: { requests: { cpu }, limits: { cpu: "1" } }, ...more };
}

describe("a pod", () => {
  test("counts what its containers ask for together", () => {
    const spec = { containers: [container("100m"), container("200m")] };
    expect(podUsage(podOf({ name: "p", spec }))).toMatchObject({
      pods: "1",
      cpu: "300m",
      "requests.cpu": "300m",
      "limits.cpu": "2",
    });
  });
  test("an init container counts when it asks for more than all others; a sidecar always", () => {
    const containers = [container("100m")];
    const cpu = (initContainers: object[]) =>
      podUsage(podOf({ name: "p", spec: { containers, initContainers } }))["cpu"];
    expect(cpu([container("500m")])).toBe("500m");
    expect(cpu([container("50m")])).toBe("100m");
    expect(cpu([container("50m", { restartPolicy: "Always" })])).toBe("150m");
  });
  test("does not count once it has ended", () => {
    expect(podCounts(podOf({ name: "p" }), testNowMs)).toBe(true);
    expect(podCounts(podOf({ name: "p", phase: "Succeeded" }), testNowMs)).toBe(false);
  });
  test.each([
    [["Terminating"], { activeDeadlineSeconds: 5 }, true],
    [["NotTerminating"], { activeDeadlineSeconds: 5 }, false],
    [["BestEffort"], {}, true],
    [["BestEffort", "Terminating"], {}, false],
  ])("is in the scopes %j with %j: %s", (scopes, spec, is) => {
    const quota = { spec: { scopes } } as unknown as ResourceQuota;
    expect(inScope(quota, podOf({ name: "p", spec }))).toBe(is);
  });
});

test("a Service counts its node ports", () => {
  const spec = { type: "NodePort", ports: [{ port: 1 }, { port: 2 }] };
  expect(serviceUsage({ spec } as Service)).toMatchObject({ "services.nodeports": "2" });
});

test("only what is limited is told, zero included", () => {
  expect(limitedTo({ pods: "3", secrets: "9" }, { pods: "1", cpu: "2" })).toEqual({
    pods: "1",
    secrets: "0",
  });
});
