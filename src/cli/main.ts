import { parseArgs } from "node:util";
import { defaultDataDir, nodePaths } from "#node/paths.ts";
import { imageCacheOf } from "#node/repo.ts";
import { down } from "./down.ts";
import { overview, verbHelp } from "./help.ts";
import { imageImport } from "./image-import.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { setup } from "./setup.ts";
import { status } from "./status.ts";
import { up } from "./up.ts";
import { type CliContext, parseArgsOptions, UsageError, type Verb } from "./verb.ts";

/** All verbs of `cox`, in the order of `cox help`. */
export const verbs: readonly Verb[] = [up, down, status, kubeconfig, imageImport, setup];

const exitUsage = 2;

/**
 * Runs one command line and resolves to the exit status: 0 for success, 1 for failure, 2 for a
 * command that cannot be meant. Errors are told in one line; `COX_DEBUG=1` adds the stack.
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  if (args[0] === "help") return help(args.slice(1), context);
  const verb = findVerb(args);
  if (verb === undefined) {
    if (args.length === 0 || args[0] === "--help" || args[0] === "-h") return help([], context);
    context.err(`cox: there is no command "${args[0]}"\n\n${overview(verbs)}`);
    return exitUsage;
  }
  try {
    return await runVerb(verb, args.slice(verb.name.split(" ").length), context);
  } catch (error) {
    context.err(`cox ${verb.name}: ${messageOf(error, context.env)}\n`);
    return error instanceof UsageError ? exitUsage : 1;
  }
}

async function runVerb(verb: Verb, args: readonly string[], context: CliContext): Promise<number> {
  const { values, positionals } = parse(verb, args);
  if (values["help"] === true) {
    context.out(verbHelp(verb));
    return 0;
  }
  const wanted = verb.positionals ?? 0;
  if (positionals.length !== wanted) {
    throw new UsageError(`wants ${wanted} argument(s)${verb.usage ? `: ${verb.usage}` : ""}`);
  }
  const named = values["data-dir"];
  const folder = typeof named === "string" ? named : defaultDataDir(context.env, context.uid);
  const paths = nodePaths(folder, imageCacheOf(context.repo));
  return verb.run(context, { options: values, positionals, paths });
}

function parse(verb: Verb, args: readonly string[]) {
  try {
    const options = parseArgsOptions(verb);
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee: cox help ${verb.name}`, {
      cause: error,
    });
  }
}

function findVerb(args: readonly string[]): Verb | undefined {
  return verbs.find((verb) => verb.name.split(" ").every((word, at) => args[at] === word));
}

function help(args: readonly string[], { out, err }: CliContext): number {
  if (args.length === 0) {
    out(overview(verbs));
    return 0;
  }
  const verb = findVerb(args);
  if (verb === undefined) {
    err(`cox: there is no command "${args.join(" ")}"\n`);
    return exitUsage;
  }
  out(verbHelp(verb));
  return 0;
}

function messageOf(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error);
  return env["COX_DEBUG"] ? (error.stack ?? error.message) : error.message;
}
