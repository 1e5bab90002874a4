import { existsSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../exec.ts";
import type { ImageSource } from "./oci.ts";
import { directories, fileEntry, parentsOf, programClosure, textEntry } from "./tree.ts";
import type { TarEntry } from "./tar.ts";

/** The images that are made at set-up. All lie under one name that no real registry answers to. */
export const imageNames = {
  pause: "registry.local/coxswain/pause:1",
  busybox: "registry.local/coxswain/busybox:1.38",
  redis: "registry.local/coxswain/redis:debian",
  guestbook: "registry.local/coxswain/guestbook:1",
  guestbookNext: "registry.local/coxswain/guestbook:2",
} as const;

/** Folders with unpacked packages and own files that the images are made of. */
export interface Ingredients {
  readonly architecture: string;
  /** Unpacked `busybox-static`. */
  readonly busybox: string;
  /** Unpacked `catatonit`. */
  readonly catatonit: string;
  /** Unpacked `redis-server` with everything it depends on. */
  readonly redis: string;
  /** The guestbook's own files (`examples/guestbook/image`). */
  readonly guestbook: string;
}

const passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const group = "root:x:0:\nnogroup:x:65534:\n";
/** A static glibc program asks nobody for host names unless it is told to. */
const nsswitch = "hosts: files dns\n";

/** The program that holds a pod's namespaces and reaps its orphans. */
export function pauseImage({ architecture, catatonit }: Ingredients): ImageSource {
  return {
    reference: imageNames.pause,
    architecture,
    config: { entrypoint: ["/catatonit", "-P"], workingDir: "/" },
    files: [fileEntry(join(catatonit, "usr/bin/catatonit"), "catatonit")],
  };
}

/** A shell with all of busybox; the image for tests, examples and a first look around. */
export async function busyboxImage(ingredients: Ingredients): Promise<ImageSource> {
  return {
    reference: imageNames.busybox,
    architecture: ingredients.architecture,
    config: { cmd: ["sh"] },
    files: await busyboxFiles(ingredients.busybox, "bin"),
  };
}

/** Redis with its command line client and a shell. */
export async function redisImage(ingredients: Ingredients): Promise<ImageSource> {
  const programs = await programClosure(ingredients.redis, [
    "usr/bin/redis-check-rdb", // the server: Debian's redis-server is a link to it
    "usr/bin/redis-cli",
  ]);
  const shell = await busyboxFiles(ingredients.busybox, "usr/bin");
  const files = [...programs, ...shell.filter((entry) => entry.type !== "directory")];
  return {
    reference: imageNames.redis,
    architecture: ingredients.architecture,
    config: {
      entrypoint: ["redis-server"],
      cmd: ["--bind", "* -::*", "--protected-mode", "no", "--dir", "/data"],
      exposedPorts: ["6379/tcp"],
      workingDir: "/data",
    },
    files: [
      ...directories("data", "root", "tmp", "run"),
      ...parentsOf(files),
      ...mergedUsrLinks,
      ...files,
      { type: "symlink", path: "usr/bin/redis-server", target: "redis-check-rdb" },
    ],
  };
}

/** The example's web front end: busybox's web server and a script that asks Redis. */
export async function guestbookImage(
  ingredients: Ingredients,
  reference: string,
): Promise<ImageSource> {
  const own = (path: string, mode: number): TarEntry =>
    fileEntry(join(ingredients.guestbook, path), `www/${path}`, mode);
  return {
    reference,
    architecture: ingredients.architecture,
    config: {
      cmd: ["httpd", "-f", "-v", "-p", "8080", "-h", "/www"],
      exposedPorts: ["8080/tcp"],
      env: ["PATH=/bin", `GUESTBOOK_VERSION=${reference.slice(reference.lastIndexOf(":") + 1)}`],
    },
    files: [
      ...(await busyboxFiles(ingredients.busybox, "bin")),
      ...directories("www", "www/cgi-bin"),
      own("index.html", 0o644),
      own("style.css", 0o644),
      own("redis.sh", 0o644),
      own("cgi-bin/guestbook", 0o755),
      own("cgi-bin/healthz", 0o755),
    ],
  };
}

const mergedUsrLinks = ["bin", "lib", "lib64", "sbin"].map((name): TarEntry => ({
  type: "symlink",
  path: name,
  target: name === "sbin" ? "usr/bin" : `usr/${name}`,
}));

/** busybox as `<folder>/busybox`, a link per applet beside it, and the files a shell expects. */
async function busyboxFiles(tree: string, folder: string): Promise<TarEntry[]> {
  // Debian 12 has it in /bin, later releases in /usr/bin
  const program = ["usr/bin/busybox", "bin/busybox"]
    .map((path) => join(tree, path))
    .find(existsSync);
  if (program === undefined) throw new Error(`no busybox below ${tree}`);
  const { stdout } = await exec(program, ["--list"]);
  const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  return [
    ...directories(folder, "etc", "root", "tmp", "var", "home"),
    fileEntry(program, `${folder}/busybox`),
    ...applets.map((name): TarEntry => ({
      type: "symlink",
      path: `${folder}/${name}`,
      target: "busybox",
    })),
    textEntry("etc/passwd", passwd),
    textEntry("etc/group", group),
    textEntry("etc/nsswitch.conf", nsswitch),
  ];
}
