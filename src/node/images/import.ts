import { exec, programEnvironment } from "../exec.ts";
import type { BuiltImage } from "./build.ts";
import { imageNames } from "./recipes.ts";

/** Loads image archives into containerd, into the namespace that its CRI plug-in reads. */

const namespace = "k8s.io";

/** Loads those of `images` that containerd does not have in just this form. Returns their names. */
export async function importImages(
  socket: string,
  images: readonly BuiltImage[],
): Promise<string[]> {
  const present = await imageDigests(socket);
  const missing = images.filter((image) => present.get(image.reference) !== image.digest);
  for (const image of missing) await importArchive(socket, image.archive);
  if (missing.some((image) => image.reference === imageNames.pause)) {
    // keeps image garbage collectors away from it
    const label = "io.cri-containerd.pinned=pinned";
    await ctr(socket, ["images", "label", imageNames.pause, label]);
  }
  return missing.map((image) => image.reference);
}

/** Loads an OCI or Docker archive; returns the references that it brought. */
export async function importArchive(socket: string, archive: string): Promise<string[]> {
  const { stdout } = await ctr(socket, ["images", "import", archive]);
  return importedReferences(stdout);
}

/** The references that `ctr images import` names, in the words of containerd 1.x or 2.x. Pure. */
export function importedReferences(output: string): string[] {
  const found = [...output.matchAll(/^unpacking (\S+) \(|^(\S+)\s+saved\b/gm)];
  return [...new Set(found.map(([, unpacked, saved]) => unpacked ?? saved ?? ""))];
}

async function imageDigests(socket: string): Promise<Map<string, string>> {
  const { stdout } = await ctr(socket, ["images", "ls"]);
  const rows = stdout.split("\n").slice(1);
  return new Map(
    rows.map((row) => row.split(/\s+/)).map(([name = "", , digest = ""]) => [name, digest]),
  );
}

function ctr(socket: string, args: readonly string[]) {
  const options = { env: programEnvironment() };
  return exec("ctr", ["--address", socket, "--namespace", namespace, ...args], options);
}
