import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchPackages, imageArchitecture } from "./debian.ts";
import { ociArchive } from "./oci.ts";
import {
  busyboxImage,
  guestbookImage,
  imageNames,
  pauseImage,
  redisImage,
  type Ingredients,
} from "./recipes.ts";

/** An image archive that lies ready in the cache. */
export interface BuiltImage {
  readonly reference: string;
  readonly archive: string;
  /** Digest of its manifest, by which containerd shows whether it has just this one. */
  readonly digest: string;
}

export interface BuildOptions {
  /** Folder that keeps archives and apt's lists. */
  readonly cacheDir: string;
  /** The repository's root, for the example's own files. */
  readonly repo: string;
  /** Told what is being done, in a few words. */
  readonly progress?: (what: string) => void;
}

/** Raise this whenever a recipe changes, so that cached images are made anew. */
const recipesVersion = 2;

/**
 * Suites that have a busybox fit for use, best first: sid's 1.38 keeps environment names such as
 * `data-1`, trixie's 1.37 does not, and Debian 12's own 1.35 crashes in wget.
 */
const busyboxSuites = ["sid", "trixie", "own"];

/** Makes all images, or returns the cached ones. Needs apt-get and dpkg, and no privilege. */
export async function buildImages(options: BuildOptions): Promise<BuiltImage[]> {
  const { cacheDir, repo, progress = () => {} } = options;
  const guestbook = join(repo, "examples", "guestbook", "image");
  const key = cacheKey(guestbook);
  const cached = readCache(cacheDir, key);
  if (cached !== undefined) return cached;
  const work = join(cacheDir, "work");
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  const ingredients = await gather(join(cacheDir, "apt"), work, guestbook, progress);
  progress("writing images");
  const images = [
    pauseImage(ingredients),
    await busyboxImage(ingredients),
    await redisImage(ingredients),
    await guestbookImage(ingredients, imageNames.guestbook),
    await guestbookImage(ingredients, imageNames.guestbookNext),
  ];
  const built: BuiltImage[] = [];
  for (const image of images) {
    const { bytes, digest } = ociArchive(image);
    const archive = join(cacheDir, `${fileNameOf(image.reference)}.tar`);
    await writeFile(`${archive}.new`, bytes, { mode: 0o600 });
    await rename(`${archive}.new`, archive);
    built.push({ reference: image.reference, archive, digest });
  }
  await writeFile(join(cacheDir, "images.json"), JSON.stringify({ key, images: built }));
  await copyFile(join(ingredients.catatonit, "usr/bin/catatonit"), join(cacheDir, "catatonit"));
  await rm(work, { recursive: true, force: true });
  await rm(join(cacheDir, "apt"), { recursive: true, force: true });
  return built;
}

async function gather(
  apt: string,
  work: string,
  guestbook: string,
  progress: (what: string) => void,
): Promise<Ingredients> {
  const ingredients: Ingredients = {
    architecture: imageArchitecture(process.arch),
    busybox: join(work, "busybox"),
    catatonit: join(work, "catatonit"),
    redis: join(work, "redis"),
    guestbook,
  };
  const own = { workDir: apt, suite: "own" };
  progress("fetching catatonit, redis-server and busybox-static");
  const fromOwnRelease = async () => {
    await fetchPackages({ ...own, names: ["catatonit"], into: ingredients.catatonit });
    const into = ingredients.redis;
    await fetchPackages({ ...own, names: ["redis-server"], into, withDependencies: true });
  };
  await Promise.all([fromOwnRelease(), fetchBusybox(apt, ingredients.busybox)]);
  return ingredients;
}

async function fetchBusybox(apt: string, into: string): Promise<void> {
  const errors: unknown[] = [];
  for (const suite of busyboxSuites) {
    const workDir = join(apt, "busybox");
    try {
      return await fetchPackages({ workDir, suite, names: ["busybox-static"], into });
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `no busybox-static in ${busyboxSuites.join(", ")}`);
}

function readCache(cacheDir: string, key: string): BuiltImage[] | undefined {
  const file = join(cacheDir, "images.json");
  if (!existsSync(file)) return undefined;
  const cache = JSON.parse(readFileSync(file, "utf8")) as { key: string; images: BuiltImage[] };
  if (cache.key !== key) return undefined;
  return cache.images.every((image) => existsSync(image.archive)) ? cache.images : undefined;
}

function cacheKey(guestbook: string): string {
  const hash = createHash("sha256").update(`${recipesVersion} ${process.arch}`);
  for (const path of readdirSync(guestbook, { recursive: true, encoding: "utf8" }).toSorted()) {
    const file = join(guestbook, path);
    if (/\.(html|css|sh)$|cgi-bin\//.test(path)) hash.update(path).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function fileNameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1).replace(":", "-");
}
