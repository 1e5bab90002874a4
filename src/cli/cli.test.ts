import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#base/clock.ts";
import { columns, duration, logLineText, megabytes } from "./format.ts";
import { mergeIntoUserKubeconfig, removeFromUserKubeconfig } from "./kubeconfig.ts";
import { runCli, verbs } from "./main.ts";
import { statusText } from "./status.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cox-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function cox(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const code = await runCli(args, {
    clock: systemClock,
    env: { COX_DATA_DIR: join(folder, "data"), HOME: folder },
    uid: 1000,
    terminal: false,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    repo: folder,
    entry: (name) => name,
  });
  return { code, ...said };
}

test("help lists every command, and each command shows its options and examples", async () => {
  const { out, code } = await cox("help");
  expect(code).toBe(0);
  for (const verb of verbs) {
    expect(out).toContain(`cox ${verb.name}`);
    const own = await cox("help", ...verb.name.split(" "));
    expect(own.out).toContain("Examples:");
    for (const option of verb.options) expect(own.out).toContain(`--${option.name}`);
  }
  expect(await cox()).toEqual(await cox("--help"));
});

test("what cannot be meant is refused with a hint", async () => {
  expect(await cox("upp")).toMatchObject({ code: 2, err: /no command "upp"/ });
  expect(await cox("up", "--hollo")).toMatchObject({ code: 2, err: /Unknown option '--hollo'/ });
  expect(await cox("up", "--hollow", "--nodes", "many")).toMatchObject({
    code: 2,
    err: /--nodes wants a whole number, not "many"/,
  });
  expect(await cox("image", "import")).toMatchObject({ code: 2, err: /ARCHIVE/ });
  expect(await cox("status", "-o", "yaml")).toMatchObject({ code: 2, err: /can be: json/ });
});

test("without root a real node is refused, and simulated ones are offered", async () => {
  expect(await cox("up")).toMatchObject({ code: 2, err: /needs root.*--hollow/s });
});

test("before the first start there is nothing to see", async () => {
  const { code, out } = await cox("status");
  expect(code).toBe(3);
  expect(out).toContain("is not set up");
  expect(JSON.parse((await cox("status", "-o", "json")).out)).toMatchObject({ up: false });
  expect(await cox("kubeconfig")).toMatchObject({ code: 1, err: /`\.\/cox up` makes it/ });
});

test("the status table names processes, ages and sizes", () => {
  const text = statusText({
    up: false,
    dataDir: "/data",
    server: "https://192.0.2.1:6443",
    processes: [{ name: "server", pid: 77, ageMs: 61_000, bytes: 120e6 }, { name: "agent" }],
    apiReady: true,
    nodes: { ready: 0, total: 1 },
    pods: { processes: 4, shims: 2, bytes: 31e6 },
  });
  expect(text).toBe(
    `coxswain is not up: API ready, 0 of 1 nodes Ready
https://192.0.2.1:6443  data in /data

PROCESS  PID          AGE   PSS
server   77           61 s  120 MB
agent    stopped      -     -
pods     4 processes  -     31 MB
`,
  );
});

test("our context is merged into the user's kubeconfig and taken out again", async () => {
  const ours = join(folder, "ours");
  writeFileSync(ours, kubeconfigText("cluster-a", "https://192.0.2.1:6443"));
  const env = { KUBECONFIG: join(folder, "users") };
  writeFileSync(env.KUBECONFIG, kubeconfigText("work", "https://work.example"));
  await mergeIntoUserKubeconfig(ours, env);
  const merged = readFileSync(env.KUBECONFIG, "utf8");
  expect(merged).toContain("current-context: coxswain");
  expect(merged).toContain("https://work.example");
  expect(await removeFromUserKubeconfig(env)).toBe(true);
  const left = readFileSync(env.KUBECONFIG, "utf8");
  expect(left).toContain("https://work.example");
  expect(left).not.toContain("coxswain");
  expect(await removeFromUserKubeconfig(env)).toBe(false);
});

test("durations and sizes are short", () => {
  expect([0, 420, 12_345, 200_000, 8_000_000, 200_000_000].map(duration)).toEqual([
    "0.0 s",
    "0.4 s",
    "12 s",
    "3 min",
    "2 h 13 min",
    "2 d 7 h",
  ]);
  expect([1_234_000, 87_600_000].map(megabytes)).toEqual(["1.2 MB", "88 MB"]);
  expect(columns([["a", "b"], ["long", ""]])).toBe("a     b\nlong\n"); // prettier-ignore
});

test("log lines are shortened to what a person looks for", () => {
  const line = { time: "t", level: "warn", message: "will retry", error: { message: "refused" } };
  expect(logLineText(JSON.stringify(line))).toBe("warn: will retry: refused");
  expect(logLineText("listen EADDRINUSE")).toBe("listen EADDRINUSE");
  expect(logLineText("{broken")).toBe("{broken");
  expect(logLineText("x".repeat(1000))).toHaveLength(302);
});

function kubeconfigText(name: string, server: string): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: "${server}" } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name} } }]
users: [{ name: ${name}, user: { token: secret } }]
`;
}
