/**
 * Image names as people write them, completed with registry and tag. Messages are those of the
 * reference parser that upstream uses, because users see them in pod statuses.
 */
const domain =
  "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\]";
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const reference = new RegExp(
  `^((?:(?:${domain})(?::[0-9]+)?/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

export class ImageNameError extends Error {
  override name = "ImageNameError";
}

/** `busybox` → `docker.io/library/busybox:latest`. Throws ImageNameError. */
export function completeImageName(image: string): string {
  try {
    return complete(image);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageNameError(`couldn't parse image name ${JSON.stringify(image)}: ${reason}`);
  }
}

function complete(image: string): string {
  if (/^[a-f0-9]{64}$/.test(image)) {
    throw new Error(
      `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`,
    );
  }
  const [host, remainder] = splitHost(image);
  const colon = remainder.indexOf(":");
  const repository = colon < 0 ? remainder : remainder.slice(0, colon);
  if (repository.toLowerCase() !== repository) {
    throw new Error(`invalid reference format: repository name (${repository}) must be lowercase`);
  }
  const full = `${host}/${remainder}`;
  const match = reference.exec(full);
  if (!match) {
    const lower = reference.test(full.toLowerCase());
    throw new Error(
      lower
        ? "invalid reference format: repository name must be lowercase"
        : "invalid reference format",
    );
  }
  const [, , tag, digest] = match;
  return tag || digest ? full : `${full}:latest`;
}

function splitHost(image: string): [host: string, remainder: string] {
  const slash = image.indexOf("/");
  const first = image.slice(0, slash);
  const isHost =
    slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first);
  const host = isHost ? first : "docker.io";
  const rest = isHost ? image.slice(slash + 1) : image;
  if (host === "docker.io" || host === "index.docker.io") {
    return ["docker.io", rest.includes("/") ? rest : `library/${rest}`];
  }
  return [host, rest];
}

/** The registry and repository of a complete name, without tag and digest. */
export function repositoryOf(completeName: string): string {
  const match = reference.exec(completeName);
  return match?.[1] ?? completeName;
}

/** Whether the image is pulled each time by default: it has no tag, or `latest`, and no digest. */
export function isLatest(image: string): boolean {
  try {
    const match = reference.exec(complete(image));
    return match?.[3] === undefined && match?.[2] === "latest";
  } catch {
    return false;
  }
}
