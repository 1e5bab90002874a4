import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { openPki, type Wanted } from "./pki.ts";

const dayMs = 24 * 3_600_000;
const server: Wanted = {
  commonName: "kube-apiserver",
  organizations: ["system:masters"],
  dnsNames: ["localhost"],
  addresses: ["127.0.0.1"],
  usages: ["server"],
};
let directory: string;
let clock: VirtualClock;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "coxswain-pki-")), "pki");
  clock = new VirtualClock();
});
afterEach(() => rm(join(directory, ".."), { recursive: true, force: true }));

/** Opened anew each time, as after a restart. */
const pki = () => openPki({ directory, clock, chance: systemChance });

test("an authority is made once", async () => {
  const [one, two] = await Promise.all([pki().authority("ca"), pki().authority("front-proxy-ca")]);
  expect(await pki().authority("ca")).toEqual(one);
  expect(two.certificate).not.toBe(one.certificate);
  expect(new X509Certificate(one.certificate)).toMatchObject({
    ca: true,
    subject: "CN=kubernetes",
  });
});

test("who asks at once is given the same authority", async () => {
  const opened = pki();
  const [one, two] = await Promise.all([opened.authority("ca"), opened.authority("ca")]);
  expect(one).toBe(two);
});

test("the key of service account tokens is made once", async () => {
  const key = await pki().tokenKey();
  expect(key).toContain("PRIVATE KEY");
  expect(await pki().tokenKey()).toBe(key);
});

test("a certificate says what was wanted, and its authority signed it", async () => {
  const made = new X509Certificate((await pki().certificate("web", "ca", server)).certificate);
  const authority = new X509Certificate((await pki().authority("ca")).certificate);
  expect(made.verify(authority.publicKey)).toBe(true);
  expect(made.subject.split("\n").toSorted()).toEqual(["CN=kube-apiserver", "O=system:masters"]);
  expect(made.checkHost("localhost")).toBe("localhost");
  expect(made.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(Date.parse(made.validFrom)).toBeLessThan(clock.now());
});

test("a certificate is kept until a third of its life is left", async () => {
  const made = await pki().certificate("web", "ca", server);
  await clock.advance(240 * dayMs);
  expect(await pki().certificate("web", "ca", server)).toEqual(made);
  await clock.advance(5 * dayMs);
  const renewed = await pki().certificate("web", "ca", server);
  expect(renewed).not.toEqual(made);
  expect(await pki().certificate("web", "ca", server)).toEqual(renewed);
});

test.each([
  ["another common name", { commonName: "other" }],
  ["another organization", { organizations: ["system:nodes"] }],
  ["one more name", { dnsNames: ["localhost", "cox.example"] }],
  ["one more address", { addresses: ["127.0.0.1", "10.96.0.1"] }],
])("a certificate is made anew for %s", async (_what, change) => {
  const made = await pki().certificate("web", "ca", server);
  expect(await pki().certificate("web", "ca", { ...server, ...change })).not.toEqual(made);
});

test("a certificate of another authority is made anew", async () => {
  const made = await pki().certificate("web", "ca", server);
  expect(await pki().certificate("web", "front-proxy-ca", server)).not.toEqual(made);
});

test("only the owner reads the files, and no drafts are left", async () => {
  await pki().certificate("web", "ca", server);
  await pki().tokenKey();
  const names = (await readdir(directory)).toSorted();
  expect(names).toEqual(["ca.crt", "ca.key", "sa.key", "web.crt", "web.key"]);
  for (const name of names) {
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test("without a folder everything is kept in memory", async () => {
  const opened = openPki({ clock, chance: systemChance });
  const made = await opened.certificate("web", "ca", server);
  expect(await opened.certificate("web", "ca", server)).toEqual(made);
});
