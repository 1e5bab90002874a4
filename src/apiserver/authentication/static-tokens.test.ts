import { expect, test } from "vitest";
import { staticTokens } from "./static-tokens.ts";

const userOf = async (csv: string, token: string) =>
  (await staticTokens(csv).authenticateToken(token, []))?.user;

test.each([
  ["one group", "t,ann,7,dev", ["dev"]],
  ["quoted groups", 't,ann,7,"dev, ops"', ["dev", "ops"]],
  ["no groups", "t,ann,7", []],
  ["an empty group list", 't,ann,7,""', []],
  ["spaces around cells", 't , ann , 7 , "dev,ops"', ["dev", "ops"]],
])("reads a line with %s", async (_what, line, groups) => {
  expect(await userOf(line, "t")).toEqual({ name: "ann", uid: "7", groups });
});

test("a quoted cell may hold commas and quotes", async () => {
  expect((await userOf('t,"ann ""the"" one, really",7', "t"))?.name).toBe('ann "the" one, really');
});

test("an empty uid is a uid", async () => {
  expect(await userOf("t,ann,,dev", "t")).toEqual({ name: "ann", uid: "", groups: ["dev"] });
});

test("reads many lines, whatever ends them, and skips empty ones", async () => {
  const csv = "a,ann,1\r\n\r\nb,bob,2\n";
  expect((await userOf(csv, "a"))?.name).toBe("ann");
  expect((await userOf(csv, "b"))?.name).toBe("bob");
  expect(await userOf(csv, "c")).toBeUndefined();
  expect(await userOf(csv, "")).toBeUndefined();
});

test.each(["t", "t,ann", ",ann,7", "t,,7"])("names the line that is wrong: %s", (line) => {
  expect(() => staticTokens(`a,ann,1\n${line}`)).toThrow("token file, line 2");
});
