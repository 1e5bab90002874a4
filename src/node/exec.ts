import { execFile, execFileSync } from "node:child_process";

/** What a program printed; `code` is 0 unless the caller allowed failures. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Return the outcome of a failing program instead of throwing. Default false. */
  readonly mayFail?: boolean;
}

/** Output kept of one program, in bytes; `apt-get` and `ctr images ls` stay far below. */
const outputBytesMax = 64 * 1024 * 1024;

/**
 * Runs a program without a shell and collects what it prints.
 * @throws Error naming the command and its last words when it fails and `mayFail` is not set.
 */
export function exec(program: string, args: readonly string[], options: ExecOptions = {}) {
  const { mayFail = false, cwd, env, signal } = options;
  return new Promise<Outcome>((resolve, reject) => {
    const settings = {
      encoding: "utf8" as const,
      maxBuffer: outputBytesMax,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      ...(signal === undefined ? {} : { signal }),
    };
    execFile(program, [...args], settings, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const code = typeof error.code === "number" ? error.code : 127;
      if (mayFail && error.name !== "AbortError") return resolve({ code, stdout, stderr });
      reject(new Error(commandFailed(program, args, stderr || stdout), { cause: error }));
    });
  });
}

/** Whether `program` can be found in PATH (with the sbin folders that a user's PATH may lack). */
export function findProgram(program: string): string | undefined {
  const found = execFileSync("/bin/sh", ["-c", 'command -v "$0" || true', program], {
    encoding: "utf8",
    env: { PATH: withSystemFolders(process.env["PATH"] ?? "") },
  }).trim();
  return found === "" ? undefined : found;
}

/** Adds the folders of system programs to a PATH. */
export function withSystemFolders(path: string): string {
  const folders = path.split(":").filter((folder) => folder !== "");
  const wanted = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  return [...folders, ...wanted.filter((folder) => !folders.includes(folder))].join(":");
}

/** The environment of programs we start: found in the system's folders, whatever the user's PATH. */
export function programEnvironment(): Record<string, string | undefined> {
  return { ...process.env, PATH: withSystemFolders(process.env["PATH"] ?? ""), LC_ALL: "C.UTF-8" };
}

function commandFailed(program: string, args: readonly string[], output: string): string {
  const lastWords = output.trim().split("\n").slice(-5).join("\n");
  return `${program} ${args.join(" ")} failed${lastWords === "" ? "" : `: ${lastWords}`}`;
}
