/**
 * What the fake runtime makes of a container's command: it understands the handful of programs that tests
 * and init containers are made of, so that simulated pods end when real ones would. Everything else runs
 * until it is stopped, as a server does.
 */

import type { ContainerConfig, PodSandboxConfig } from "./types.ts";

/** How a program ends by itself. */
export interface ProgramEnd {
  afterMs: number;
  exitCode: number;
}

/** The end of `argv`, or undefined for a program that runs until it is stopped. */
export function endOf(argv: readonly string[]): ProgramEnd | undefined {
  const [path = "", ...args] = argv;
  const name = path.slice(path.lastIndexOf("/") + 1);
  switch (name) {
    case "true":
    case "echo":
    case "date":
    case "hostname":
    case "env":
    case "ls":
    case "pwd":
      return { afterMs: 0, exitCode: 0 };
    case "false":
      return { afterMs: 0, exitCode: 1 };
    case "sleep":
      return endOfSleep(args[0] ?? "");
    case "sh":
    case "ash":
    case "bash":
      return args[0] === "-c" ? endOfScript(args[1] ?? "") : undefined;
    default:
      return undefined;
  }
}

function endOfSleep(duration: string): ProgramEnd | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(duration);
  if (!match) return undefined;
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] || "s"]!;
  return { afterMs: Number(match[1]) * unitMs, exitCode: 0 };
}

/** Commands joined by `;`, `&&` and new lines, up to `exit`; anything cleverer runs for ever. */
function endOfScript(script: string): ProgramEnd | undefined {
  let [afterMs, exitCode, skipping] = [0, 0, false];
  for (const step of script.split(/(;|&&|\n)/)) {
    const text = step.trim();
    if (step === "&&" || step === ";" || step === "\n") {
      skipping = step === "&&" && exitCode !== 0;
      continue;
    }
    if (text === "" || skipping) continue;
    const exit = /^exit(?: (\d+))?$/.exec(text);
    if (exit) return { afterMs, exitCode: exit[1] === undefined ? exitCode : Number(exit[1]) };
    const end = /[|&`$(){}]/.test(text) ? undefined : endOf(words(text));
    if (!end) return undefined;
    afterMs += end.afterMs;
    exitCode = end.exitCode;
  }
  return { afterMs, exitCode };
}

/** Words of a simple command, without what it redirects. */
function words(text: string): string[] {
  return text.replace(/\s*\d?>+\s*\S+/g, "").split(/\s+/);
}

const annotation = "hollow.coxswain.dev/";

/**
 * How a container ends: as its pod's annotations say (`hollow.coxswain.dev/exit-after` in seconds and
 * `…/exit-code`, for one container `….NAME`), or as its command would.
 */
export function scriptedEnd(
  config: ContainerConfig,
  sandbox: PodSandboxConfig,
): ProgramEnd | undefined {
  const value = (name: string): string | undefined =>
    sandbox.annotations?.[`${annotation}${name}.${config.metadata.name}`] ??
    sandbox.annotations?.[`${annotation}${name}`];
  const [after, code] = [value("exit-after"), value("exit-code")];
  if (after === undefined && code === undefined) {
    return endOf([...(config.command ?? []), ...(config.args ?? [])]);
  }
  return { afterMs: Number(after ?? 0) * 1_000, exitCode: Number(code ?? 0) };
}
