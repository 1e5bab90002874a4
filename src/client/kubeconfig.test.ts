import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  kubeconfigFiles,
  kubeconfigOf,
  loadKubeconfig,
  mergeKubeconfig,
  parseKubeconfig,
  renderKubeconfig,
} from "./kubeconfig.ts";

const config = { server: "https://127.0.0.1:6443", ca: "CA", cert: "CERT", key: "KEY" };

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  try {
    await check(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("what is written is read again", () =>
  inFolder(async (folder) => {
    const file = join(folder, "config");
    await writeFile(file, renderKubeconfig(kubeconfigOf("coxswain", config)));
    expect(await loadKubeconfig(file)).toEqual(config);
  }));

test("files are found beside the kubeconfig", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "ca.pem"), "CA FILE");
    const text = `
clusters: [{name: c, cluster: {server: "https://a", certificate-authority: ca.pem}}]
users: [{name: u, user: {tokenFile: token}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: web}}]
current-context: x
`;
    await writeFile(join(folder, "config"), text);
    expect(await loadKubeconfig(join(folder, "config"))).toEqual({
      server: "https://a",
      ca: "CA FILE",
      tokenFile: join(folder, "token"),
      namespace: "web",
    });
  }));

test.each([
  ["current-context: nope", 'context "nope" does not exist'],
  ["{}", "no context is named"],
  ["kind: Pod", "its kind is not Config"],
])("%s is refused with what is wrong", (text, message) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "config"), text);
    await expect(loadKubeconfig(join(folder, "config"))).rejects.toThrow(message);
  }),
);

test("merging replaces entries of the same name and keeps the others", () => {
  const mine = kubeconfigOf("mine", config);
  const old = kubeconfigOf("coxswain", { server: "https://old" });
  const merged = mergeKubeconfig(mergeKubeconfig(mine, old), kubeconfigOf("coxswain", config));
  const { clusters, "current-context": current } = parseKubeconfig(renderKubeconfig(merged));
  expect(clusters?.map(({ name, cluster }) => [name, cluster.server])).toEqual([
    ["mine", config.server],
    ["coxswain", config.server],
  ]);
  expect(current).toBe("coxswain");
});

test("KUBECONFIG names files; else there is the one at home", () => {
  expect(kubeconfigFiles({ KUBECONFIG: "/a:/b" })).toEqual(["/a", "/b"]);
  expect(kubeconfigFiles({ HOME: "/home/me" })).toEqual(["/home/me/.kube/config"]);
});
