import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trimLogs } from "./logs.ts";
import { nodePaths } from "./paths.ts";

test("a log that is too long is cut under its writer, and its older part kept", async () => {
  const paths = nodePaths(mkdtempSync(join(tmpdir(), "cox-logs-")));
  mkdirSync(paths.logDir);
  const writer = openSync(paths.logFile("server"), "a");
  writeSync(writer, "a long line\n");
  appendFileSync(paths.logFile("agent"), "short\n");
  expect(await trimLogs(paths, 10)).toEqual(["server.log"]);
  writeSync(writer, "the next line\n");
  expect(readFileSync(paths.logFile("server"), "utf8")).toBe("the next line\n");
  expect(readFileSync(`${paths.logFile("server")}.1`, "utf8")).toBe("a long line\n");
  expect(readFileSync(paths.logFile("agent"), "utf8")).toBe("short\n");
  rmSync(paths.dataDir, { recursive: true });
});
