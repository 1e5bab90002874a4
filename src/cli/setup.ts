import { buildImages } from "#node/images/build.ts";
import { ensurePackages } from "#node/packages.ts";
import { progressTo } from "./progress.ts";
import { type Verb } from "./verb.ts";

/** `cox setup`: the part of `cox up` that installs and makes things, without starting any. */
export const setup: Verb = {
  name: "setup",
  summary: "Install packages and make images, without starting anything",
  options: [],
  examples: [{ command: "sudo ./cox setup", what: "prepare a machine, a CI image for example" }],
  async run(context, { paths }) {
    if (process.platform !== "linux" || context.uid !== 0) {
      context.out("without root on Linux there are simulated nodes only, which need no set-up\n");
      return 0;
    }
    const progress = progressTo(context);
    await progress.step("packages", async (say) => {
      const installed = await ensurePackages({
        announce(missing) {
          context.out(`  installing ${missing.map(({ package: name }) => name).join(" ")}\n`);
          say("apt-get");
        },
      });
      return installed.length === 0 ? "all present" : `installed ${installed.length}`;
    });
    await progress.step("images", async (say) => {
      const images = await buildImages({
        cacheDir: paths.imageCacheDir,
        repo: context.repo,
        progress: say,
      });
      return images
        .map(({ reference }) => reference.slice(reference.lastIndexOf("/") + 1))
        .join(" ");
    });
    return 0;
  },
};
