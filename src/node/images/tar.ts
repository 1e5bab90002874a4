/**
 * Writes tar archives (ustar) whose bytes depend on nothing but their entries: fixed times and
 * owners, entries in the order given. Image layers need just that, and no reading.
 */

/** One member of an archive. Paths are relative and without a leading "./". */
export type TarEntry =
  | {
      readonly type: "file";
      readonly path: string;
      readonly mode: number;
      readonly data: Uint8Array;
    }
  | { readonly type: "directory"; readonly path: string; readonly mode: number }
  | { readonly type: "symlink"; readonly path: string; readonly target: string }
  | { readonly type: "hardlink"; readonly path: string; readonly target: string };

const blockBytes = 512;
const typeFlags = { file: "0", hardlink: "1", symlink: "2", directory: "5" } as const;

/** The archive of `entries`, ended by two empty blocks as POSIX demands. */
export function tar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (entry.type === "file") parts.push(entry.data, padding(entry.data.length));
  }
  parts.push(new Uint8Array(2 * blockBytes));
  return Buffer.concat(parts);
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  const path = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const { name, prefix } = splitPath(path);
  const size = entry.type === "file" ? entry.data.length : 0;
  const mode = "mode" in entry ? entry.mode : 0o777;
  block.write(name, 0, 100, "utf8");
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108); // owner
  block.write(octal(0, 7), 116); // group
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136); // modification time
  block.write("        ", 148); // the check sum counts itself as spaces
  block.write(typeFlags[entry.type], 156);
  if ("target" in entry) block.write(limited(entry.target, 100), 157);
  block.write("ustar\u000000", 257, "latin1");
  block.write(prefix, 345, 155, "utf8");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** A path over 100 bytes is split at a slash into ustar's prefix and name. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && name !== "")
      return { name, prefix: limited(prefix, 155) };
  }
  throw new Error(`path too long for a tar archive: ${path}`);
}

function limited(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) > bytesMax) throw new Error(`too long for a tar header: ${text}`);
  return text;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function padding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes);
}
