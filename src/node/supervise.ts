import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import type { NodePaths } from "./paths.ts";

/**
 * Long-lived processes and who keeps them running. Each one has a supervisor of its own: a shell
 * script of a few hundred kilobytes that starts the program again when it dies. Supervisors and
 * programs outlive the `cox` that started them; pid files say who is who. A pid file holds the
 * process id and, where `/proc` tells it, the start time, so that a number that the kernel has
 * given to somebody else since is not mistaken for ours.
 */

/** A process that `startSupervised` keeps running. */
export interface ProcessSpec {
  /** Short name: `server`, `agent`, `containerd`. Names the pid and log files. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * A program that adopts and reaps orphans, to run the supervisor under: container shims are
   * orphans by design, and not every machine has a first process that reaps.
   */
  readonly reaper?: string;
}

/** A live process of ours. */
export interface LiveProcess {
  readonly pid: number;
  /** Seconds since the machine started, where `/proc` tells. */
  readonly startedAtUptime?: number;
}

/**
 * `supervise.sh NAME RUN_DIR LOG_FILE PROGRAM ARGS…`. At its start it adopts a program that is
 * still alive. The first restart is immediate; a program that keeps dying within ten seconds is
 * started after 1, 2, 3 and then every 4 seconds. On TERM it ends the program and itself.
 */
const superviseScript = `#!/bin/sh
name=$1 run=$2 log=$3
shift 3
pids=$run/$name.pid
log_bytes_max=20000000

identity() { # pid and start time of process $1
  if [ -r "/proc/$1/stat" ]; then
    echo "$1 $(sed 's/^.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)"
  elif [ ! -d /proc/self ] && kill -0 "$1" 2>/dev/null; then
    echo "$1"
  fi
}

stop() {
  trap '' TERM INT
  if [ -n "$child" ]; then
    kill -TERM "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    while [ -n "$adopted" ] && [ "$(identity "$child")" = "$adopted" ]; do sleep 0.1; done
  fi
  rm -f "$pids" "$run/$name.supervisor.pid"
  exit 0
}

trap stop TERM INT
trap '' HUP
child= adopted= delay=0
identity $$ >"$run/$name.supervisor.pid"

if [ -s "$pids" ]; then
  adopted=$(cat "$pids")
  child=\${adopted%% *}
  while [ "$(identity "$child")" = "$adopted" ]; do sleep 1 & wait $!; done
  adopted= child=
fi

while :; do
  if [ "$(wc -c <"$log" 2>/dev/null || echo 0)" -gt $log_bytes_max ]; then mv "$log" "$log.1"; fi
  begun=$(date +%s)
  "$@" >>"$log" 2>&1 </dev/null &
  child=$!
  identity $child >"$pids"
  wait $child
  code=$?
  child=
  rm -f "$pids"
  echo "{\\"level\\":\\"warn\\",\\"message\\":\\"process ended\\",\\"process\\":\\"$name\\",\\"code\\":$code}" >>"$log"
  if [ $(($(date +%s) - begun)) -ge 10 ]; then delay=0; fi
  if [ $delay -gt 0 ]; then sleep $delay & wait $!; fi
  if [ $delay -lt 4 ]; then delay=$((delay + 1)); fi
done
`;

/** Starts `spec` under a supervisor unless both are alive already. True when it started one. */
export async function startSupervised(paths: NodePaths, spec: ProcessSpec): Promise<boolean> {
  if (liveProcess(paths, `${spec.name}.supervisor`) !== undefined) return false;
  for (const folder of [paths.runDir, paths.logDir]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const script = join(paths.runDir, "supervise.sh");
  await writeFile(script, superviseScript, { mode: 0o700 });
  const log = paths.logFile(spec.name);
  await writeFile(log, "", { flag: "a", mode: 0o600 });
  const supervisor = ["/bin/sh", script, spec.name, paths.runDir, log, ...spec.command];
  const command = spec.reaper === undefined ? supervisor : [spec.reaper, "--", ...supervisor];
  const child = spawn(command[0] ?? "/bin/sh", command.slice(1), {
    detached: true,
    stdio: "ignore",
    cwd: "/",
    env: spec.env,
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  return true;
}

/** The process that `<name>.pid` speaks of, if it is alive and still the same. */
export function liveProcess(paths: NodePaths, name: string): LiveProcess | undefined {
  const file = paths.pidFile(name);
  if (!existsSync(file)) return undefined;
  const [pid = 0, started] = readFileSync(file, "utf8").trim().split(" ").map(Number);
  if (!(pid > 1)) return undefined;
  if (started === undefined) return isAlive(pid) ? { pid } : undefined;
  const now = startTicks(pid);
  return now === started ? { pid, startedAtUptime: started / ticksPerSecond } : undefined;
}

/**
 * Ends a supervised process: TERM to its supervisor, which passes it on; after `graceMs` KILL to
 * both. Returns whether anything was running.
 */
export async function stopSupervised(
  paths: NodePaths,
  name: string,
  { clock, graceMs }: { clock: Clock; graceMs: number },
): Promise<boolean> {
  const names = [`${name}.supervisor`, name];
  const running = () => names.flatMap((each) => liveProcess(paths, each) ?? []);
  const found = running();
  const supervisor = liveProcess(paths, `${name}.supervisor`);
  for (const { pid } of supervisor ? [supervisor] : found) signalProcess(pid, "SIGTERM");
  const deadline = clock.monotonic() + graceMs;
  while (running().length > 0 && clock.monotonic() < deadline) await clock.sleep(pollMs);
  for (const { pid } of running()) signalProcess(pid, "SIGKILL");
  for (const each of names) await rm(paths.pidFile(each), { force: true });
  return found.length > 0;
}

/** Sends a signal; a process that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Start time of a process in clock ticks since boot; undefined when gone, a zombie, or no /proc. */
export function startTicks(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // the name in parentheses may contain anything; state and the other fields follow the last one
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : Number(fields[19]);
}

/** Linux counts process times in hundredths of a second on every architecture that Node runs on. */
const ticksPerSecond = 100;
const pollMs = 50;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
