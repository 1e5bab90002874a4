import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageNames } from "#node/images/recipes.ts";
import { repoRoot } from "#node/repo.ts";
import { installedKubectls, newestKubectl } from "#testkit/kubectl.ts";
import { eventually, type Output, TestMachine } from "#testkit/machine.ts";

/**
 * A whole node on a machine of its own, used as a new user would: `cox up`, kubectl, the guestbook,
 * things that die. Real containerd, nft and kubectl. Needs root on Linux.
 */

let machine: TestMachine;
const repo = repoRoot();

beforeAll(async () => {
  machine = await TestMachine.start(repo);
  await machine.cox("up");
}, 300_000);

afterAll(async () => {
  await machine[Symbol.asyncDispose]();
}, 120_000);

test("a second `cox up` finds everything running", async () => {
  expect(await machine.cox("up")).toMatch(/up already/);
  const status = JSON.parse(await machine.cox("status", "-o", "json")) as { processes: object[] };
  expect(JSON.stringify(status)).toMatch(/server.*agent|agent.*server/);
});

test("the guestbook answers with what Redis keeps, by node port and by cluster IP", async () => {
  await machine.kubectl("apply", "-f", join(repo, "examples", "guestbook"));
  await machine.kubectl("rollout", "status", "deployment/guestbook", "--timeout=60s");
  await machine.kubectl("rollout", "status", "deployment/redis", "--timeout=60s");
  const entry = "hello-from-a-test";
  const page = (address: string) => fetchPage(`http://${address}/cgi-bin/guestbook`);
  await fetchPage(`http://${machine.address}:30080/cgi-bin/guestbook`, `message=${entry}`);
  expect(await page(`${machine.address}:30080`)).toContain(entry);
  const clusterIP = await machine.kubectl(
    "get",
    "service",
    "guestbook",
    "-o",
    "jsonpath={.spec.clusterIP}",
  );
  expect(await page(clusterIP)).toContain(entry);
});

test("a killed container comes back, a deleted pod is replaced", async () => {
  const pod = await firstPod("app=guestbook,tier=web");
  process.kill(await firstProcess(pod), "SIGKILL");
  await eventually(async () => {
    const restarts = await machine.kubectl(
      "get",
      "pod",
      pod,
      "-o",
      "jsonpath={.status.containerStatuses[0].restartCount}",
    );
    return Number(restarts) >= 1;
  });
  await machine.kubectl("delete", "pod", pod);
  await machine.kubectl("rollout", "status", "deployment/guestbook", "--timeout=60s");
  expect(await firstPod("app=guestbook,tier=web")).not.toBe(pod);
});

test.each(["server", "agent"])(
  "kill -9 of the %s: no container restarts, no acknowledged write is lost",
  async (name) => {
    const before = await containers();
    const written: string[] = [];
    const pid = pidOf(name);
    const writing = (async () => {
      for (let i = 0; i < 40; i++) {
        const created = await machine.run("kubectl", ["create", "configmap", `${name}-${i}`]);
        if (created.code === 0) written.push(`${name}-${i}`);
        if (i === 10) process.kill(pid, "SIGKILL");
      }
    })();
    await writing;
    await eventually(() => pidOf(name) !== pid, { withinMs: 10_000 });
    await eventually(
      async () => (await machine.run("kubectl", ["get", "--raw", "/readyz"])).code === 0,
    );
    await machine.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=30s");
    const kept = (await machine.kubectl("get", "configmaps", "-o", "name")).split("\n");
    for (const one of written) expect(kept).toContain(`configmap/${one}`);
    expect(written.length).toBeGreaterThan(20);
    expect(await containers()).toEqual(before);
  },
);

test("mistakes in a manifest are told as Kubernetes tells them", async () => {
  const refused = async (manifest: object): Promise<string> => {
    const { code, stderr } = await machine.run("kubectl", ["create", "-f", "-"], {
      input: JSON.stringify(manifest),
    });
    expect(code).toBe(1);
    return stderr;
  };
  const pod = (spec: object) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "bad" },
    spec,
  });
  const container = { name: "c", image: "x" };
  expect(await refused(pod({ containers: [{ ...container, imagee: "y" }] }))).toContain(
    'unknown field "spec.containers[0].imagee"',
  );
  expect(
    await refused(
      pod({ containers: [{ ...container, resources: { requests: { cpu: "lots" } } }] }),
    ),
  ).toMatch(/quantities must match the regular expression/);
  expect(
    await refused({
      apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "bad" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "c" } }, spec: { containers: [container] } },
      },
    }), // prettier-ignore
  ).toContain("`selector` does not match template `labels`");
});

test("what cannot start says why in its status and events", async () => {
  const pod = (name: string, container: object) => ({
    apiVersion: "v1", kind: "Pod", metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: imageNames.busybox, ...container }] },
  }); // prettier-ignore
  await machine.apply(pod("no-image", { image: "registry.invalid/none:1" }));
  const secretKeyRef = { name: "none", key: "k" };
  await machine.apply(pod("no-secret", { env: [{ name: "K", valueFrom: { secretKeyRef } }] }));
  const waiting = (name: string) =>
    machine.kubectl(
      "get",
      "pod",
      name,
      "-o",
      "jsonpath={.status.containerStatuses[0].state.waiting.reason}",
    );
  await eventually(async () => /ErrImagePull|ImagePullBackOff/.test(await waiting("no-image")));
  await eventually(async () => (await waiting("no-secret")) === "CreateContainerConfigError");
  await eventually(async () =>
    (await machine.kubectl("describe", "pod", "no-secret")).includes('secret "none" not found'),
  );
});

describe.each(kubectls())("kubectl %s", (version, kubectl) => {
  const run = async (...args: string[]): Promise<Output> => machine.run(await kubectl(), args);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    expect(code, `kubectl ${args.join(" ")}: ${stderr}`).toBe(0);
    return stdout;
  };
  const name = `v${version.replaceAll(".", "-")}`;

  test("create, rollout, scale, set image, undo", async () => {
    await ok("create", "deployment", name, `--image=${imageNames.busybox}`, "--", "sleep", "10000");
    await ok("rollout", "status", `deployment/${name}`, "--timeout=60s");
    await ok("scale", `deployment/${name}`, "--replicas=2");
    await ok(
      "wait",
      "--for=jsonpath={.status.readyReplicas}=2",
      `deployment/${name}`,
      "--timeout=60s",
    );
    await ok("set", "image", `deployment/${name}`, "*=registry.invalid/none:1");
    await ok("rollout", "undo", `deployment/${name}`);
    await ok("rollout", "status", `deployment/${name}`, "--timeout=60s");
    expect(await ok("rollout", "history", `deployment/${name}`)).toMatch(/REVISION/);
  });

  test("get, describe, explain, auth can-i, diff, apply --server-side", async () => {
    expect(await ok("get", "pods,services,nodes", "-A", "-o", "wide")).toContain("Running");
    expect(await ok("describe", `deployment/${name}`)).toContain("NewReplicaSet");
    expect(await ok("explain", "pod.spec.containers", "--recursive")).toContain("livenessProbe");
    expect(await ok("auth", "can-i", "create", "pods")).toBe("yes\n");
    const manifest = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { a: "1" },
    });
    const apply = ["apply", "--server-side", "-f", "-"];
    expect((await machine.run(await kubectl(), apply, { input: manifest })).code).toBe(0);
    const changed = manifest.replace('"1"', '"2"');
    expect((await machine.run(await kubectl(), ["diff", "-f", "-"], { input: changed })).code).toBe(
      1,
    );
  });

  test("logs, exec, cp, port-forward, delete", async () => {
    const pod = await firstPod(`app=${name}`);
    expect(await ok("exec", pod, "--", "echo", "from inside")).toBe("from inside\n");
    expect((await run("exec", pod, "--", "sh", "-c", "exit 3")).code).toBe(3);
    await ok("logs", pod);
    const file = join(machine.folder, `${name}.txt`);
    await ok("cp", join(repo, "package.json"), `${pod}:/tmp/copied`);
    await ok("cp", `${pod}:/tmp/copied`, file);
    expect(readFileSync(file, "utf8")).toBe(readFileSync(join(repo, "package.json"), "utf8"));
    expect(await forwarded(await kubectl())).toContain("<title>");
    await ok("delete", "deployment", name, "--wait=true");
  });
});

function kubectls(): [version: string, kubectl: () => Promise<string>][] {
  const installed = installedKubectls().filter((path) => /1\.(28|33)$/.test(path));
  return [
    ...installed.map((path): [string, () => Promise<string>] => [
      path.slice(path.indexOf("1.")),
      () => Promise.resolve(path),
    ]),
    ["1.36", newestKubectl],
  ];
}

/** A page fetched through `kubectl port-forward` to the guestbook. */
async function forwarded(kubectl: string): Promise<string> {
  const child = machine.spawn(kubectl, ["port-forward", "service/guestbook", ":80"]);
  try {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const port = await eventually(() => /127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    return await fetchPage(`http://127.0.0.1:${port}/`);
  } finally {
    child.kill();
  }
}

async function fetchPage(url: string, form?: string): Promise<string> {
  const data = form === undefined ? [] : ["--data", form];
  const { code, stdout, stderr } = await machine.run("curl", ["-sSL", "-m", "10", ...data, url]);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function firstPod(selector: string): Promise<string> {
  const found = await eventually(async () => {
    const running = ["--field-selector=status.phase=Running", "-l", selector];
    const names = await machine.kubectl(
      "get",
      "pods",
      ...running,
      "-o",
      "jsonpath={.items[*].metadata.name}",
    );
    return names.split(" ").find((one) => one !== "");
  });
  return found ?? "";
}

/** The process, as the machine numbers it, that is process 1 of the pod's container. */
async function firstProcess(pod: string): Promise<number> {
  const path = "jsonpath={.status.containerStatuses[0].containerID}";
  const id = (await machine.kubectl("get", "pod", pod, "-o", path)).replace("containerd://", "");
  const found = readdirSync("/proc").find((pid) => {
    try {
      const isIts = /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id);
      return isIts && /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false; // it ended while we looked
    }
  });
  return Number(found);
}

/** Every container's id and restarts. */
async function containers(): Promise<string> {
  const path =
    "{range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID} {.status.containerStatuses[*].restartCount}{'\\n'}{end}";
  return machine.kubectl("get", "pods", "-l", "app=guestbook", "-o", `jsonpath=${path}`);
}

function pidOf(name: string): number {
  for (const folder of [join(machine.dataDir, "run"), machine.dataDir]) {
    const found = readdirSync(folder).find((file) => file === `${name}.pid`);
    if (found) return Number(readFileSync(join(folder, found), "utf8").trim().split(/\s+/)[0]);
  }
  throw new Error(`no pid file of ${name}`);
}
