import { afterEach, expect, test } from "vitest";
import { FlagError } from "#base/flags.ts";
import { type Component, runComponent, type World } from "./component.ts";

const flags = {
  port: { type: "integer", default: 80, value: "PORT", doc: "Where to listen." },
} as const;

function component(run: (flags: { port: number }, world: World) => Promise<void>) {
  return { name: "kube-test", summary: "tests.", flags, run } satisfies Component<typeof flags>;
}

/** Runs it and gives the exit status with what it wrote. */
async function outcome(run: Parameters<typeof component>[0], ...argv: string[]) {
  let written = "";
  const stream = { write: (text: string) => (written += text) };
  const status = await runComponent(component(run), argv, { stdout: stream, stderr: stream });
  return { status, written };
}

afterEach(() => {
  process.removeAllListeners("unhandledRejection");
});

test("a component that ends ends well, and is given its flags", async () => {
  const seen: number[] = [];
  const run = async ({ port }: { port: number }) => void seen.push(port);
  expect((await outcome(run)).status).toBe(0);
  expect((await outcome(run, "--port=81")).status).toBe(0);
  expect(seen).toEqual([80, 81]);
});

test("help names the component and its flags, and runs nothing", async () => {
  const { status, written } = await outcome(() => Promise.reject(new Error("ran")), "--help");
  expect(status).toBe(0);
  expect(written).toContain("kube-test: tests.");
  expect(written).toContain("--port");
});

test("a wrong command line is status 2", async () => {
  const { status, written } = await outcome(async () => undefined, "--prot=81");
  expect(status).toBe(2);
  expect(written).toContain("prot");
  const late = () => Promise.reject(new FlagError("these flags contradict each other"));
  expect(await outcome(late)).toEqual({
    status: 2,
    written: "kube-test: these flags contradict each other\n",
  });
});

test("a failure is status 1 and one line", async () => {
  expect(await outcome(() => Promise.reject(new Error("no disk")))).toEqual({
    status: 1,
    written: "kube-test: no disk\n",
  });
});

test.each([[[]], [["--v=4"]]])("debug lines are for high verbosity: %j", async (argv) => {
  const { written } = await outcome(async (_flags, { log }) => log.debug("details"), ...argv);
  expect(written.includes("details")).toBe(argv.length > 0);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s stops it, and nothing listens afterwards",
  async (name) => {
    const before = process.listenerCount(name);
    const { status } = await outcome(async (_flags, { signal }) => {
      process.emit(name);
      expect(signal.aborted).toBe(true);
    });
    expect(status).toBe(0);
    expect(process.listenerCount(name)).toBe(before);
  },
);
