/**
 * Replays what was recorded from the original Kubernetes against ours, and prints the counts of every
 * group: `node tools/compat.ts vectors|scenarios [GROUP…]`. The recordings lie beside the project in
 * `../shared` (or where COX_SHARED says); without them there is nothing to do. A group that falls
 * below its floor (`test/compat/floors.json`) fails: raise the floor when a group gets better.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { request } from "node:https";
import { systemClock } from "#base/clock.ts";
import { imageNames } from "#node/images/recipes.ts";
import { newestKubectl } from "#testkit/kubectl.ts";
import { TestMachine } from "#testkit/machine.ts";

const root = join(import.meta.dirname, "..");
const shared = process.env["COX_SHARED"] ?? join(root, "..", "shared");

type Kind = "vectors" | "scenarios";
/** Passed and all, by group. */
type Counts = Map<string, { passed: number; total: number }>;

const groups: Record<Kind, readonly string[]> = {
  vectors: [
    "defaulting",
    "listwatch",
    "validation",
    "patch",
    "auth",
    "admission",
    "crd",
    "protobuf",
  ],
  scenarios: ["pod-lifecycle", "network", "kubectl", "scheduling", "workloads"],
};

const kind = process.argv[2] as Kind;
const wanted = process.argv.length > 3 ? process.argv.slice(3) : groups[kind];
if (!existsSync(join(shared, kind))) {
  process.stdout.write(`no recordings in ${join(shared, kind)}: nothing to compare with\n`);
} else {
  const counts = kind === "vectors" ? await replayVectors(wanted) : await replayScenarios(wanted);
  process.exitCode = judge(counts) ? 0 : 1;
}

/** Prints the counts; whether no group is below its floor. */
function judge(counts: Counts): boolean {
  const file = join(root, "test", "compat", "floors.json");
  const floors = (JSON.parse(readFileSync(file, "utf8")) as Record<Kind, Record<string, number>>)[
    kind
  ];
  let good = true;
  for (const group of wanted) {
    const { passed = 0, total = 0 } = counts.get(group) ?? {};
    const floor = floors[group] ?? 0;
    const verdict = passed >= floor ? "" : `  BELOW its floor of ${floor}`;
    good &&= passed >= floor;
    process.stdout.write(`${kind} ${group.padEnd(14)} ${passed} of ${total}${verdict}\n`);
  }
  return good;
}

async function replayVectors(names: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp("/tmp/cox-vectors-");
  const port = await freePort();
  const tokens = join(folder, "tokens.csv");
  await writeFile(
    tokens,
    'admin-token,admin,u-admin,"system:masters"\nalice-token,alice,u-alice\n',
    {
      mode: 0o600,
    },
  );
  const server = start("./cox", [
    "kube-apiserver", `--secure-port=${port}`, "--bind-address=127.0.0.1", "--v=0",
    `--data-dir=${join(folder, "data")}`, `--token-auth-file=${tokens}`,
  ]); // prettier-ignore
  try {
    await untilReady(port);
    return await replay(
      names,
      (only) =>
      python(join(shared, "vectors", "tools", "vec.py"), [
        "check", "--set", "public", "--only", only, "--base", `https://127.0.0.1:${port}`,
        "--token", "admin=admin-token", "--token", "alice=alice-token",
      ]), // prettier-ignore
    );
  } finally {
    await stop(server);
    await rm(folder, { recursive: true, force: true });
  }
}

async function replayScenarios(names: readonly string[]): Promise<Counts> {
  const kubectl = await newestKubectl();
  await using machine = await TestMachine.start(root);
  await machine.cox("up");
  return await replay(names, async (only) => {
    const { stdout } = await machine.run("python3", [
      join(shared, "scenarios", "tools", "scen.py"), "check", "--set", "public",
      "--kubectl", kubectl, "--kubeconfig", machine.kubeconfig, "--image", imageNames.busybox,
      "--only", only, "--jobs", "4", "--timeout", "40", "--settle", "15",
    ]); // prettier-ignore
    return stdout;
  });
}

/**
 * Runs a checker over the groups, and once more over what failed: cases run beside each other, and
 * one that failed only for want of time must not count.
 */
async function replay(
  names: readonly string[],
  check: (only: string) => Promise<string>,
): Promise<Counts> {
  const first = outcomes(await check(`^(${names.join("|")})/`));
  const failed = first.filter(({ passed }) => !passed).map(({ name }) => name);
  const again = failed.length === 0 ? "" : await check(`^(${failed.map(escapeRegExp).join("|")})$`);
  process.stdout.write(failures(again));
  const saved = new Set(outcomes(again).flatMap(({ name, passed }) => (passed ? [name] : [])));
  const counts: Counts = new Map();
  for (const { name, passed } of first) {
    const group = name.slice(0, name.indexOf("/"));
    const count = counts.get(group) ?? { passed: 0, total: 0 };
    counts.set(group, {
      passed: count.passed + (passed || saved.has(name) ? 1 : 0),
      total: count.total + 1,
    });
  }
  return counts;
}

/** What a checker says of each case: `ok   group/name …` or `FAIL group/name …`. */
function outcomes(output: string): { name: string; passed: boolean }[] {
  return Array.from(output.matchAll(/^(ok|FAIL)\s+(\S+)/gm), ([, verdict, name]) => ({
    name: name!,
    passed: verdict === "ok",
  }));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The lines about what failed, each cut to a readable length. */
function failures(output: string): string {
  const lines = output.split("\n").filter((line) => /^(FAIL|\s)/.test(line));
  return lines.map((line) => `${line.slice(0, 300)}\n`).join("");
}

function start(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

async function stop(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  if (child.exitCode === null && child.kill("SIGTERM")) await closed;
}

function python(script: string, args: readonly string[]): Promise<string> {
  const child = spawn("python3", [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on("close", () => resolve(output)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the server at `port` says that it is ready. */
async function untilReady(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const ready = await new Promise<boolean>((resolve) => {
      const asked = request({
        host: "127.0.0.1",
        port,
        path: "/readyz",
        rejectUnauthorized: false,
      });
      asked.on("response", (answer) => resolve(answer.resume().statusCode === 200));
      asked.on("error", () => resolve(false));
      asked.end();
    });
    if (ready) return;
    await systemClock.sleep(100);
  }
  throw new Error(`the API server on port ${port} did not become ready`);
}
