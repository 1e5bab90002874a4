import { expect, test } from "vitest";
import { pods } from "#apis/core/pod.ts";
import { MemoryReader } from "#apiserver/testkit.ts";
import type { ResourceRequestInfo } from "../context.ts";
import { containerOf, podOf, type SharedPod } from "./pod-container.ts";

const named = (name: string) => ({ name });
function pod(containers: string[], init: string[] = [], ephemeral: string[] = []): SharedPod {
  const spec = {
    containers: containers.map(named),
    ...(init.length > 0 ? { initContainers: init.map(named) } : {}),
    ...(ephemeral.length > 0 ? { ephemeralContainers: ephemeral.map(named) } : {}),
  };
  return { metadata: { name: "web", namespace: "shop" }, spec } as unknown as SharedPod;
}

test("the only container needs no name", () => {
  expect(containerOf(pod(["app"], ["setup"], ["debug"]), null)).toBe("app");
  expect(containerOf(pod(["app"]), "")).toBe("app");
});

test.each(["app", "side", "setup", "debug"])("container %s is found by its name", (name) => {
  expect(containerOf(pod(["app", "side"], ["setup"], ["debug"]), name)).toBe(name);
});

test.each([
  [pod(["app"]), "none", "container none is not valid for pod web"],
  [
    pod(["app", "side"]),
    null,
    "a container name must be specified for pod web, choose one of: [app side]",
  ],
  [
    pod(["app", "side"], ["setup"], ["debug"]),
    null,
    "a container name must be specified for pod web, choose one of: [app side]" +
      " or one of the init containers: [setup] or one of the ephemeral containers: [debug]",
  ],
])("a wrong or missing name is refused with the choice", (of, name, message) => {
  expect(() => containerOf(of, name)).toThrow(
    expect.objectContaining({ reason: "BadRequest", message }),
  );
});

test("the pod of a request is read, or not found", () => {
  const reader = new MemoryReader();
  reader.put(pods, { metadata: { name: "web", namespace: "shop" }, spec: {} });
  const info = (name: string) => ({ namespace: "shop", name }) as ResourceRequestInfo;
  expect(podOf(reader, info("web")).metadata.name).toBe("web");
  expect(() => podOf(reader, info("none"))).toThrow(
    expect.objectContaining({ reason: "NotFound", message: 'pods "none" not found' }),
  );
});
