import { expect, test } from "vitest";
import { FlagError, flagHelp, type FlagTable, parseFlags } from "./flags.ts";

const table = {
  "secure-port": { type: "integer", default: 6443, value: "PORT", doc: "Port." },
  "bind-address": { type: "string", value: "ADDRESS", doc: "Address." },
  "authorization-mode": { type: "list", default: ["RBAC"], value: "MODES", doc: "Modes." },
  "anonymous-auth": { type: "boolean", default: true, doc: "Anonymous." },
} as const satisfies FlagTable;

test("values come in every form that upstream takes", () => {
  const argv = ["--secure-port=1", "--bind-address", "::1", "--anonymous-auth=false"];
  expect(parseFlags(table, [...argv, "--authorization-mode=Node,RBAC"])).toEqual({
    "secure-port": 1,
    "bind-address": "::1",
    "anonymous-auth": false,
    "authorization-mode": ["Node", "RBAC"],
  });
  expect(parseFlags(table, [])["secure-port"]).toBe(6443);
});

test.each([
  [["--secure-prot=1"], "unknown flag: --secure-prot; did you mean --secure-port?"],
  [["--nothing-like-it"], "unknown flag: --nothing-like-it; see --help"],
  [["--secure-port=many"], '--secure-port is a whole number, not "many"'],
  [["--bind-address"], "--bind-address needs a value"],
  [["word"], 'unexpected "word": options begin with --'],
])("%j is refused with a hint", (argv, message) => {
  expect(() => parseFlags(table, argv)).toThrow(new FlagError(message));
});

test("help shows defaults", () => {
  expect(flagHelp(table)).toContain("--secure-port=PORT");
  expect(flagHelp(table)).toContain("Port. (default 6443)");
});
