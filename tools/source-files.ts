import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A TypeScript file of the repository. */
export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  path: string;
  text: string;
}

const root = join(import.meta.dirname, "..");

/** All TypeScript files below `folders`, tests included. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: relative(root, path), text: readFileSync(path, "utf8") };
      }),
  );
}

/** The import specifiers of a file, types included, with their line numbers. */
export function importsOf({
  text,
}: SourceFile): { specifier: string; line: number; typeOnly: boolean }[] {
  const found = [];
  const pattern =
    /^(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  for (const match of text.matchAll(pattern)) {
    const line = text.slice(0, match.index).split("\n").length;
    const specifier = match[2] ?? match[3] ?? match[4]!;
    found.push({ specifier, line, typeOnly: match[1] !== undefined });
  }
  return found;
}
