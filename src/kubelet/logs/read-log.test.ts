import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";

import { VirtualClock } from "#base/virtual-clock.ts";

import { systemFiles } from "../host/files.ts";
import { type LogQuery, readLog } from "./read-log.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "logs-"))));
afterEach(() => rm(folder, { recursive: true }));

const start = Date.UTC(2026, 10, 20, 10, 0, 0);

/** `text` as a runtime writes it, `second` seconds after the start. */
function record(second: number, text: string, tag = "F", stream = "stdout"): string {
  const time = new Date(start + second * 1_000).toISOString().replace(".000Z", ".5Z");
  return `${time} ${stream} ${tag} ${text}\n`;
}

function open(query: LogQuery, more: { isRunning?: () => boolean; clock?: VirtualClock } = {}) {
  const { isRunning = () => false, clock = new VirtualClock() } = more;
  const { signal } = new AbortController();
  return readLog(
    { path: join(folder, "0.log"), files: systemFiles, clock, isRunning, signal },
    query,
  );
}

async function textOf(query: LogQuery): Promise<string> {
  const parts = await Array.fromAsync(await open(query));
  return Buffer.concat(parts).toString();
}

const lines = [
  record(0, "one"),
  record(1, "tw", "P"),
  record(1, "o"),
  record(2, "three", "F", "stderr"),
  record(3, ""),
  record(4, "five"),
];

test.each<[string, LogQuery, string]>([
  ["everything", {}, "one\ntwo\nthree\n\nfive\n"],
  ["the last line", { tailLines: 1 }, "five\n"],
  ["the last lines", { tailLines: 3 }, "three\n\nfive\n"],
  ["a tail that begins with a split line", { tailLines: 4 }, "two\nthree\n\nfive\n"],
  ["more than there is", { tailLines: 50 }, "one\ntwo\nthree\n\nfive\n"],
  ["no lines", { tailLines: 0 }, ""],
  ["since a time", { sinceMs: start + 2_400 }, "three\n\nfive\n"],
  ["since a time, the last line", { sinceMs: start, tailLines: 1 }, "five\n"],
  ["one stream", { stream: "stderr" }, "three\n"],
  ["a few bytes", { limitBytes: 6 }, "one\ntw"],
  [
    "times",
    { timestamps: true, tailLines: 4 },
    "2026-11-20T10:00:01.500000000Z two\n2026-11-20T10:00:02.500000000Z three\n" +
      "2026-11-20T10:00:03.500000000Z \n2026-11-20T10:00:04.500000000Z five\n",
  ],
])("shows %s", async (_name, query, expected) => {
  await writeFile(join(folder, "0.log"), lines.join(""));
  expect(await textOf(query)).toBe(expected);
});

test.each<[string, LogQuery, string]>([
  ["all files", {}, "one\ntwo\nthree\n\nfive\n"],
  ["a tail in the current file", { tailLines: 1 }, "five\n"],
  ["a tail from the file before", { tailLines: 2 }, "\nfive\n"],
  ["a tail from a compressed file", { tailLines: 4 }, "two\nthree\n\nfive\n"],
  ["a longer tail than there is", { tailLines: 9 }, "one\ntwo\nthree\n\nfive\n"],
])("shows rotated logs: %s", async (_name, query, expected) => {
  const eldest = gzipSync(lines.slice(0, 3).join(""));
  await writeFile(join(folder, "0.log.20261120-100002.gz"), eldest);
  await writeFile(join(folder, "0.log.20261120-100003"), lines.slice(3, 5).join(""));
  await writeFile(join(folder, "0.log"), lines.slice(5).join(""));
  expect(await textOf(query)).toBe(expected);
});

test.each([1, 700, 5_000])("finds the last %i lines of a big log", async (tailLines) => {
  const all = Array.from(
    { length: 5_000 },
    (_, index) => `line ${index} ${"x".repeat(index % 90)}`,
  );
  await writeFile(join(folder, "0.log"), all.map((text) => record(1, text)).join(""));
  expect(await textOf({ tailLines })).toBe(`${all.slice(-tailLines).join("\n")}\n`);
});

test("nonsense and a record that is not finished do no harm", async () => {
  const text = `nonsense\n${record(0, "good")}\n${record(1, "cut off").slice(0, -1)}`;
  await writeFile(join(folder, "0.log"), text);
  expect(await textOf({})).toBe("good\ncut off\n");
});

test("a log that is not there is an error in upstream's words", async () => {
  const path = join(folder, "0.log");
  await expect(open({})).rejects.toThrow(
    `failed to try resolving symlinks in path "${path}": lstat ${path}: no such file or directory`,
  );
});

test("following shows what is written later, through a rotation, until the container ends", async () => {
  const path = join(folder, "0.log");
  const clock = new VirtualClock();
  let running = true;
  await writeFile(path, record(0, "old") + record(1, "first"));
  const log = await open({ follow: true, tailLines: 1 }, { isRunning: () => running, clock });
  let shown = "";
  const isShown = (expected: string) => shown === expected;
  const over = (async () => {
    for await (const bytes of log) shown += Buffer.from(bytes).toString();
  })();
  async function until(expected: string): Promise<void> {
    while (!isShown(expected)) {
      expect(expected.startsWith(shown)).toBe(true);
      await clock.advance(100);
    }
  }
  await until("first\n");
  const half = record(2, "second");
  await appendFile(path, half.slice(0, 10));
  await clock.advance(1_000);
  await appendFile(path, half.slice(10));
  await until("first\nsecond\n");
  // The runtime goes on writing to the renamed file until it is told to open it anew.
  await rename(path, `${path}.20261120-100500`);
  await appendFile(`${path}.20261120-100500`, record(3, "third"));
  await until("first\nsecond\nthird\n");
  await writeFile(path, record(4, "fourth"));
  await until("first\nsecond\nthird\nfourth\n");
  await appendFile(path, record(5, "last"));
  running = false;
  await until("first\nsecond\nthird\nfourth\nlast\n");
  await clock.advance(100);
  await over;
});
