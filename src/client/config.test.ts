import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { podOf } from "#testkit/objects.ts";
import { inClusterConfig } from "./config.ts";
import { withoutManagedFields } from "./informer-factory.ts";

test("a pod finds its API server and service account", async () => {
  const folder = await mkdtemp(join(tmpdir(), "service-account-"));
  await writeFile(join(folder, "ca.crt"), "CA");
  await writeFile(join(folder, "namespace"), "web\n");
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
  expect(await inClusterConfig(env, folder)).toEqual({
    server: "https://[fd00::1]:443",
    ca: "CA",
    tokenFile: join(folder, "token"),
    namespace: "web",
  });
  await rm(folder, { recursive: true });
});

test("elsewhere there is none, and that is said", async () => {
  await expect(inClusterConfig({})).rejects.toThrow("not in a pod");
});

test("what is kept without managed fields is a copy; the original is shared", () => {
  const pod = podOf({ name: "p" });
  expect(withoutManagedFields(pod)).toBe(pod);
  const managed = { ...pod, metadata: { ...pod.metadata, managedFields: [{ manager: "m" }] } };
  expect(withoutManagedFields(managed).metadata).not.toHaveProperty("managedFields");
  expect(managed.metadata.managedFields).toHaveLength(1);
});
