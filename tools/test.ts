/**
 * All tests in their order, with a summary: `npm test [-- SUITE…]`. A suite that fails does not keep
 * the next from running; the exit status tells whether all passed.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

interface Suite {
  name: string;
  command: string;
  args: string[];
}

const vitest = (project: string): Suite => ({
  name: project,
  command: "vitest",
  args: ["run", "--project", project, "--reporter=dot"],
});

const suites: readonly Suite[] = [
  { name: "check", command: "node", args: ["--run", "check"] },
  vitest("unit"),
  vitest("store"),
  vitest("integration"),
  vitest("simulation"),
  vitest("e2e"),
  { name: "vectors", command: "node", args: ["tools/compat.ts", "vectors"] },
  { name: "scenarios", command: "node", args: ["tools/compat.ts", "scenarios"] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such suite: ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}\n`,
  );
  process.exitCode = 2;
} else {
  const results = suites
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
    .map((suite) => ({ suite, passed: runSuite(suite) }));
  process.stdout.write("\n");
  for (const { suite, passed } of results) {
    process.stdout.write(`${passed ? "ok    " : "FAILED"}  ${suite.name}\n`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  process.stdout.write(`suites: ${results.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function runSuite({ name, command, args }: Suite): boolean {
  process.stdout.write(`\n== ${name}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  return status === 0;
}
