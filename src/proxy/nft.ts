import { spawn } from "node:child_process";

/** The one place that runs `nft` and `conntrack`. */

const outputBytesMax = 64 * 1024;

/** Runs a command with `input` on its standard input; its output, or an Error with what it said. */
function run(command: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (output.length < outputBytesMax) output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (errors.length < outputBytesMax) errors += chunk.toString();
    });
    child.on("error", (error) => reject(new Error(`cannot run ${command}`, { cause: error })));
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} failed (${code}): ${errors.trim().slice(0, 2_000)}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** What the proxy needs of the kernel; a fake in tests. */
export interface PacketFilter {
  /** Applies nft commands as one transaction. */
  apply(commands: readonly string[]): Promise<void>;
  /** Forgets UDP flows to `address` (and `port`) that were sent on to `target`, if given. */
  forgetUdp(flow: UdpFlow): Promise<void>;
}

export interface UdpFlow {
  /** Original destination; undefined: any, to this port. */
  address?: string;
  port: number;
  /** Where the flow is sent on to; undefined: wherever. */
  target?: string;
}

/** The kernel, through the nft and conntrack commands. */
export const kernelPacketFilter: PacketFilter = {
  async apply(commands) {
    if (commands.length > 0) await run("nft", ["-f", "-"], `${commands.join("\n")}\n`);
  },
  async forgetUdp({ address, port, target }) {
    const args = ["-D", "-p", "udp", "--dport", String(port)];
    if (address !== undefined) args.push("--orig-dst", address);
    if (target !== undefined) args.push("--dst-nat", target);
    try {
      await run("conntrack", args, "");
    } catch (error) {
      // It fails when there was nothing to delete.
      if (!/0 flow entries have been deleted/.test((error as Error).message)) throw error;
    }
  },
};
