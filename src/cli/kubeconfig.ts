import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type Kubeconfig,
  kubeconfigFiles,
  kubeconfigOf,
  loadKubeconfig,
  mergeKubeconfig,
  parseKubeconfig,
  renderKubeconfig,
} from "#client/kubeconfig.ts";
import { type Verb } from "./verb.ts";

/** Name of the context that is merged into the user's kubeconfig. */
const contextName = "coxswain";

/** `cox kubeconfig`: how clients reach the cluster, as its administrator. */
export const kubeconfig: Verb = {
  name: "kubeconfig",
  summary: "Print the administrator's kubeconfig, or where it lies",
  options: [
    { name: "path", what: "Print the path of the file instead of its content." },
    { name: "merge", what: "Add it to ~/.kube/config as context `coxswain`." },
  ],
  examples: [
    { command: "export KUBECONFIG=$(./cox kubeconfig --path)", what: "for this shell" },
    { command: "./cox kubeconfig --merge", what: "for every shell" },
  ],
  async run({ out, err, env }, { options, paths }) {
    if (!existsSync(paths.kubeconfig)) {
      err("there is no kubeconfig yet: `./cox up` makes it\n");
      return 1;
    }
    if (options["merge"] === true) {
      const file = await mergeIntoUserKubeconfig(paths.kubeconfig, env);
      out(`merged into ${file} as context ${contextName}\n`);
    } else if (options["path"] === true) {
      out(`${paths.kubeconfig}\n`);
    } else {
      out(await readFile(paths.kubeconfig, "utf8"));
    }
    return 0;
  },
};

/** Merges the file `from` into the user's kubeconfig and makes it the current context. */
export async function mergeIntoUserKubeconfig(
  from: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const file = userFile(env);
  const ours = kubeconfigOf(contextName, await loadKubeconfig(from));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const known = existsSync(file) ? parseKubeconfig(await readFile(file, "utf8")) : emptyKubeconfig;
  await replaceFile(file, renderKubeconfig(mergeKubeconfig(known, ours)));
  return file;
}

/** Takes our context, cluster and user out of the user's kubeconfig again. */
export async function removeFromUserKubeconfig(env: NodeJS.ProcessEnv): Promise<boolean> {
  const [file] = kubeconfigFiles(env);
  if (file === undefined || !existsSync(file)) return false;
  const config = parseKubeconfig(await readFile(file, "utf8"));
  if (!config.contexts?.some(({ name }) => name === contextName)) return false;
  await replaceFile(file, renderKubeconfig(withoutContext(config, contextName)));
  return true;
}

/** `config` without the context, cluster and user called `gone`. Pure. */
export function withoutContext(config: Kubeconfig, gone: string): Kubeconfig {
  const others = <T extends { name: string }>(entries: T[] = []) =>
    entries.filter(({ name }) => name !== gone);
  const { "current-context": current, ...rest } = config;
  return {
    ...rest,
    clusters: others(config.clusters),
    users: others(config.users),
    contexts: others(config.contexts),
    ...(current === undefined || current === gone ? {} : { "current-context": current }),
  };
}

const emptyKubeconfig: Kubeconfig = { apiVersion: "v1", kind: "Config" };

function userFile(env: NodeJS.ProcessEnv): string {
  const [file] = kubeconfigFiles(env);
  if (file === undefined) throw new Error("neither KUBECONFIG nor HOME says where it is to go");
  return file;
}

async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.cox`, text, { mode: 0o600 });
  await rename(`${file}.cox`, file);
}
