import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ociArchive, type ImageSource } from "./oci.ts";
import { tar, type TarEntry } from "./tar.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cox-oci-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const long = `${"folder-with-a-name/".repeat(8)}file`;
const entries: TarEntry[] = [
  { type: "directory", path: "bin", mode: 0o755 },
  { type: "file", path: "bin/busybox", mode: 0o755, data: Buffer.alloc(1000, "x") },
  { type: "symlink", path: "bin/sh", target: "busybox" },
  { type: "hardlink", path: "bin/ash", target: "bin/busybox" },
  { type: "directory", path: "tmp", mode: 0o1777 },
  { type: "file", path: long, mode: 0o644, data: new Uint8Array() },
];

test("the machine's own tar reads what we write", () => {
  const file = join(folder, "a.tar");
  writeFileSync(file, tar(entries));
  const list = execFileSync("tar", ["-tvf", file, "--utc"], { encoding: "utf8" });
  expect(list.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 bin/",
    "-rwxr-xr-x 0/0 1000 1970-01-01 00:00 bin/busybox",
    "lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin/sh -> busybox",
    "hrwxrwxrwx 0/0 0 1970-01-01 00:00 bin/ash link to bin/busybox",
    "drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/",
    `-rw-r--r-- 0/0 0 1970-01-01 00:00 ${long}`,
    "",
  ]);
});

test("a path that no header can hold is refused", () => {
  const path = "x".repeat(101);
  const entry = { type: "file", path, mode: 0o644, data: new Uint8Array() } as const;
  expect(() => tar([entry])).toThrow("too long");
});

const image: ImageSource = {
  reference: "registry.local/coxswain/test:1",
  architecture: "amd64",
  config: { cmd: ["sh"], env: ["PATH=/bin"], exposedPorts: ["80/tcp"] },
  files: entries,
};

/** The blobs of an archive by digest, unpacked with the machine's tar. */
function unpack(bytes: Uint8Array): { read: (path: string) => Record<string, unknown> } {
  const into = mkdtempSync(join(folder, "unpacked-"));
  writeFileSync(join(into, "archive.tar"), bytes);
  execFileSync("tar", ["-xf", join(into, "archive.tar"), "-C", into]);
  return { read: (path) => JSON.parse(readFileSync(join(into, path), "utf8")) };
}

test("an archive is an OCI layout that names its image in full", () => {
  const { bytes, digest } = ociArchive(image);
  const { read } = unpack(bytes);
  expect(read("oci-layout")).toEqual({ imageLayoutVersion: "1.0.0" });
  expect(read("index.json")).toMatchObject({
    manifests: [
      {
        digest,
        platform: { os: "linux", architecture: "amd64" },
        annotations: { "io.containerd.image.name": "registry.local/coxswain/test:1" },
      },
    ],
  });
  const manifest = read(`blobs/${digest.replace(":", "/")}`) as { config: { digest: string } };
  expect(read(`blobs/${manifest.config.digest.replace(":", "/")}`)).toMatchObject({
    os: "linux",
    config: { Cmd: ["sh"], Env: ["PATH=/bin"], ExposedPorts: { "80/tcp": {} } },
    rootfs: { type: "layers" },
  });
});

test("the same content makes the same archive, another tag makes another image", () => {
  expect(ociArchive(image).digest).toBe(ociArchive(image).digest);
  const next = { ...image, reference: "registry.local/coxswain/test:2" };
  expect(ociArchive(next).digest).not.toBe(ociArchive(image).digest);
});
