import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { importArchive } from "#node/images/import.ts";
import { liveProcess } from "#node/supervise.ts";
import { UsageError, type Verb } from "./verb.ts";

/** `cox image import`: puts an image onto the node without a registry. */
export const imageImport: Verb = {
  name: "image import",
  summary: "Load an OCI or Docker archive onto the node",
  usage: "ARCHIVE",
  positionals: 1,
  options: [],
  examples: [
    {
      command: "docker save example.com/app:1 -o app.tar && ./cox image import app.tar",
      what: "then use example.com/app:1 with imagePullPolicy IfNotPresent",
    },
    {
      command: "buildah push app oci-archive:app.tar:example.com/app:1",
      what: "gives an archive with a full reference, too",
    },
  ],
  async run({ out, err }, { positionals, paths }) {
    const archive = resolve(positionals[0] ?? "");
    if (!existsSync(archive)) throw new UsageError(`there is no file ${archive}`);
    if (!liveProcess(paths, "containerd")) {
      throw new UsageError("the node does not run: start it with `./cox up`");
    }
    const references = await importArchive(paths.containerdSocket, archive);
    for (const reference of references) out(`${reference}\n`);
    const vague = references.filter((reference) => !reference.includes("/"));
    if (vague.length > 0) {
      err(
        `pods cannot name ${vague.join(", ")}: archive it with a full reference (host/name:tag)\n`,
      );
    }
    return references.length > 0 ? 0 : 1;
  },
};
