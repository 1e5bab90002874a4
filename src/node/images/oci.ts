import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar, type TarEntry } from "./tar.ts";

/** What a container made from the image starts with. */
export interface ImageConfig {
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly exposedPorts?: readonly string[];
}

/** An image of one layer, to be written with `ociArchive`. */
export interface ImageSource {
  /** Full reference, such as `registry.local/coxswain/pause:1`. */
  readonly reference: string;
  /** Go's name of the processor: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly config: ImageConfig;
  readonly files: readonly TarEntry[];
}

const mediaTypes = {
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  config: "application/vnd.oci.image.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
} as const;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image as an archive, with what identifies it in a container runtime. */
export interface OciArchive {
  readonly bytes: Uint8Array;
  /** Digest of the manifest: `sha256:…`. */
  readonly digest: string;
}

/**
 * An OCI image layout as one tar archive, ready for `ctr images import`. The reference is written
 * into the image's labels, so that two tags of equal content are still two images: otherwise a
 * container's status would show whichever tag the runtime met first.
 */
export function ociArchive(image: ImageSource): OciArchive {
  const blobs = new Map<string, Uint8Array>();
  const layerTar = tar(image.files);
  const layer = addBlob(blobs, mediaTypes.layer, gzipSync(layerTar, { level: 1 }));
  const config = addBlob(blobs, mediaTypes.config, json(imageConfig(image, digestOf(layerTar))));
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
  const described = addBlob(blobs, mediaTypes.manifest, json(manifest));
  const annotations = {
    "io.containerd.image.name": image.reference,
    "org.opencontainers.image.ref.name": image.reference.slice(
      image.reference.lastIndexOf(":") + 1,
    ),
  };
  const platform = { os: "linux", architecture: image.architecture };
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...described, platform, annotations }],
  };
  const bytes = tar([
    { type: "directory", path: "blobs", mode: 0o755 },
    { type: "directory", path: "blobs/sha256", mode: 0o755 },
    ...[...blobs].map(([digest, data]): TarEntry => ({
      type: "file",
      path: `blobs/${digest.replace(":", "/")}`,
      mode: 0o644,
      data,
    })),
    { type: "file", path: "index.json", mode: 0o644, data: json(index) },
    { type: "file", path: "oci-layout", mode: 0o644, data: json({ imageLayoutVersion: "1.0.0" }) },
  ]);
  return { bytes, digest: described.digest };
}

function imageConfig(image: ImageSource, diffID: string): object {
  const { cmd, entrypoint, env, user, workingDir, exposedPorts } = image.config;
  return {
    architecture: image.architecture,
    os: "linux",
    config: {
      ...(user === undefined ? {} : { User: user }),
      ...(exposedPorts
        ? { ExposedPorts: Object.fromEntries(exposedPorts.map((p) => [p, {}])) }
        : {}),
      Env: env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
      ...(cmd === undefined ? {} : { Cmd: cmd }),
      ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
      Labels: { "org.opencontainers.image.title": image.reference },
    },
    rootfs: { type: "layers", diff_ids: [diffID] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "cox" }],
  };
}

function addBlob(blobs: Map<string, Uint8Array>, mediaType: string, data: Uint8Array): Descriptor {
  const digest = digestOf(data);
  blobs.set(digest, data);
  return { mediaType, digest, size: data.length };
}

function digestOf(data: Uint8Array): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
