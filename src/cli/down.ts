import { findRemains, isEmpty, purge } from "#node/purge.ts";
import { stopAll } from "#node/stop.ts";
import { removeFromUserKubeconfig } from "./kubeconfig.ts";
import { progressTo } from "./progress.ts";
import { UsageError, type Verb } from "./verb.ts";

/** `cox down`: stops everything; with `--purge` removes every trace. */
export const down: Verb = {
  name: "down",
  summary: "Stop the cluster; with --purge leave nothing behind",
  options: [
    {
      name: "purge",
      what:
        "Remove all data, mounts, network interfaces, nft tables, control groups and files, " +
        "and give kernel settings their old values. Installed packages and the checkout (with node_modules and .cox) stay.",
    },
  ],
  examples: [
    { command: "./cox down", what: "stop; the next `cox up` goes on where it was" },
    { command: "./cox down --purge", what: "stop and forget everything" },
  ],
  async run(context, { options, paths }) {
    const { clock, out, uid, env } = context;
    const wipe = options["purge"] === true;
    if (uid !== 0 && paths.bridge === "cox0") throw new UsageError("this needs root: try sudo");
    const progress = progressTo(context);
    await progress.step("stop", async (say) => {
      const { stopPods } = context;
      const stopped = await stopAll(paths, {
        clock,
        progress: say,
        ...(stopPods ? { stopPods } : {}),
      });
      return stopped.length === 0 ? "nothing was running" : stopped.join(", ");
    });
    if (!wipe) return 0;
    await progress.step("purge", async () => {
      const removed = await purge(paths, clock);
      const unmerged = await removeFromUserKubeconfig(env);
      const { mounts, cgroups, files } = removed;
      if (isEmpty(removed)) return "nothing was left";
      const counts = `${mounts.length} mounts, ${cgroups.length} control groups, ${files.length} files`;
      return unmerged ? `${counts}, 1 kubeconfig context` : counts;
    });
    const left = await findRemains(paths);
    if (!isEmpty(left)) out(`left behind: ${JSON.stringify(left)}\n`);
    return isEmpty(left) ? 0 : 1;
  },
};
