import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";

/**
 * A machine for end-to-end tests: a network namespace of its own with one address, in which `cox up`
 * runs a whole node with real containers. Nothing in it is reachable from, or reaches, the outside.
 * Needs root on Linux.
 */

const run = promisify(execFile);
const outputBytesMax = 64 * 2 ** 20;

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export class TestMachine implements AsyncDisposable {
  readonly name: string;
  /** The address of the node. */
  readonly address: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly #repo: string;

  private constructor(name: string, folder: string, repo: string) {
    this.name = name;
    this.address = "198.18.0.10";
    this.folder = folder;
    this.dataDir = join(folder, "data");
    this.#repo = repo;
  }

  static async start(repo: string): Promise<TestMachine> {
    const suffix = Buffer.from(systemChance.bytes(3)).toString("hex");
    const folder = await mkdtemp("/tmp/cox-m-");
    const machine = new TestMachine(`cox-${suffix}`, folder, repo);
    const ip = (...args: string[]) => run("ip", args);
    await ip("netns", "add", machine.name);
    await ip("-n", machine.name, "link", "set", "lo", "up");
    await ip("-n", machine.name, "link", "add", "eth0", "type", "veth", "peer", "name", "out");
    await ip("-n", machine.name, "address", "add", `${machine.address}/24`, "dev", "eth0");
    await ip("-n", machine.name, "link", "set", "eth0", "up");
    await ip("-n", machine.name, "link", "set", "out", "up");
    await ip("-n", machine.name, "route", "add", "default", "via", "198.18.0.1", "dev", "eth0");
    return machine;
  }

  get kubeconfig(): string {
    return join(this.dataDir, "kubeconfig");
  }

  /** Runs a command on the machine; never rejects for what the command itself does. */
  async run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
    const child = this.spawn(command, args, options.env);
    // A command that ends without reading its input is no error of the test.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
    const [code, stdout, stderr] = await Promise.all([
      new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? -1))),
      collect(child.stdout),
      collect(child.stderr),
    ]);
    return { code, stdout, stderr };
  }

  /** Starts a command on the machine. */
  spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    // not `ip netns exec`: that hides the control groups
    return spawn("nsenter", [`--net=/run/netns/${this.name}`, command, ...args], {
      cwd: this.#repo,
      env: { ...process.env, KUBECONFIG: this.kubeconfig, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  /** `./cox …` with the machine's data folder. @throws Error with its output when it fails. */
  async cox(...args: string[]): Promise<string> {
    return must(await this.run(join(this.#repo, "cox"), [...args, "--data-dir", this.dataDir]));
  }

  /** Runs kubectl. @throws Error with its output when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    return must(await this.run("kubectl", args));
  }

  /** Applies a manifest. */
  async apply(manifest: object): Promise<string> {
    return must(
      await this.run("kubectl", ["apply", "-f", "-"], { input: JSON.stringify(manifest) }),
    );
  }

  /** Stops and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(join(this.#repo, "cox"), ["down", "--purge", "--data-dir", this.dataDir]);
    await run("ip", ["netns", "delete", this.name]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface RunOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
}

function must({ code, stdout, stderr }: Output): string {
  if (code === 0) return stdout;
  throw new Error(`exit status ${code}\n${stdout}${stderr}`);
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) {
    if (text.length < outputBytesMax) text += String(chunk);
  }
  return text;
}

/** Waits until `look` gives something true and returns it; fails with what it last threw or gave. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  options: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const { withinMs = 60_000, everyMs = 100 } = options;
  const deadline = systemClock.monotonic() + withinMs;
  for (;;) {
    let problem: unknown;
    try {
      const found = await look();
      if (found) return found;
      problem = `last seen: ${JSON.stringify(found)}`;
    } catch (error) {
      problem = error;
    }
    if (systemClock.monotonic() > deadline) {
      throw new Error(`not seen within ${withinMs} ms`, { cause: problem });
    }
    await systemClock.sleep(everyMs);
  }
}
