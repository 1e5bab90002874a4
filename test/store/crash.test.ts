import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Chance, seededChance } from "#base/chance.ts";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Line } from "./crash-child.ts";

/**
 * A process writes from several writers and is killed with SIGKILL at a random moment, over and over.
 * Whatever it acknowledged must be there when the next one opens the store; revisions never go
 * back; and the watch, resumed from the last revision seen, loses and repeats nothing.
 */

const lanes = 3;
const killsPerLane = 70;
const seed = Number(process.env["SEED"] ?? 1);

const work = mkdtempSync(join(tmpdir(), "crash-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

// Bundled, as the product is: a child then starts in a third of the time.
beforeAll(async () => {
  const root = join(import.meta.dirname, "../..");
  const shared = { bundle: true, platform: "node", format: "esm", logLevel: "error" } as const;
  await build({
    ...shared,
    entryPoints: {
      child: join(import.meta.dirname, "crash-child.ts"),
      "sqlite-worker": join(root, "src/store/sqlite/worker.ts"),
    },
    outdir: work,
  });
  writeFileSync(join(work, "package.json"), '{"type":"module"}');
});

/** What the parent knows of the store from what it was told. */
class Known {
  /** Ids of the writes that were begun, with their key. */
  readonly begun = new Map<string, string>();
  /** Revision of each acknowledged write. */
  readonly done = new Map<number, string>();
  /** Key and value (null: deleted) of each event watched, by revision. */
  readonly watched = new Map<number, [key: string, value: string | null]>();
  /** The state as of `seen`, folded from the watch: key to revision and value. */
  readonly state = new Map<string, [revision: number, value: string]>();
  seen = 1;
  latest = 1;
  opens = 0;

  take(line: Line): void {
    switch (line.say) {
      case "begin":
        this.begun.set(line.id, line.key);
        break;
      case "done":
        this.done.set(line.revision, line.id);
        if (line.revision <= this.seen) this.#agree(line.revision);
        this.latest = Math.max(this.latest, line.revision);
        break;
      case "seen":
        for (const event of line.events) this.#follow(...event);
        expect(line.revision, "progress").toBe(this.seen);
        break;
      case "open":
        this.#reopened(line);
    }
  }

  /** The state that the next "seen" lines up to `revision` have to lead to. */
  #expected: { revision: number; entries: Map<string, [number, string]> } | undefined;

  #reopened({ revision, entries }: Extract<Line, { say: "open" }>): void {
    this.opens++;
    expect(revision, "an acknowledged write is lost").toBeGreaterThanOrEqual(this.latest);
    expect(revision, "a watched event is lost").toBeGreaterThanOrEqual(this.seen);
    this.latest = revision;
    const found = new Map<string, [number, string]>();
    for (const [key, at, value] of entries) found.set(key, [at, value]);
    this.#expected = { revision, entries: found };
    this.#compare();
  }

  #follow(revision: number, key: string, value: string | null, previous: number): void {
    expect(revision, "the watch has a gap or repeats").toBe(this.seen + 1);
    this.seen = revision;
    this.latest = Math.max(this.latest, revision);
    expect(previous, `before ${key}@${revision}`).toBe(this.state.get(key)?.[0] ?? 0);
    if (value === null) this.state.delete(key);
    else {
      expect(this.begun.get(value), "nobody wrote this").toBe(key);
      this.state.set(key, [revision, value]);
    }
    this.watched.set(revision, [key, value]);
    this.#agree(revision);
    this.#compare();
  }

  /** What was acknowledged as a revision is what the watch has shown as it. */
  #agree(revision: number): void {
    const id = this.done.get(revision);
    if (id === undefined) return;
    const [key, value] = this.watched.get(revision)!;
    expect(this.begun.get(id), `revision ${revision} was acknowledged to ${id}`).toBe(key);
    if (value !== null) expect(value).toBe(id);
    this.done.delete(revision);
  }

  #compare(): void {
    if (this.#expected?.revision !== this.seen) return;
    expect(this.state).toEqual(this.#expected.entries);
    this.#expected = undefined;
    for (const revision of this.done.keys()) expect(revision).toBeGreaterThan(this.seen);
  }
}

/** Runs one child until it is killed; says what it said. */
async function live(folder: string, known: Known, chance: Chance): Promise<void> {
  const args = [folder, String(chance.integer(2 ** 31)), String(known.seen)];
  const child = spawn(process.execPath, [join(work, "child.js"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  // Mostly while writing, now and then while starting.
  const lines = chance.integer(8) === 0 ? 0 : 1 + chance.integer(600);
  const timer = lines === 0 ? killSoon(child, chance.integer(120)) : undefined;
  let count = 0;
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      // The last line may have been cut by the kill.
      const line = parse(text);
      if (!line) break;
      known.take(line);
      if (++count === lines) child.kill("SIGKILL");
    }
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
  await exited;
  expect(child.signalCode, "the child ended by itself").toBe("SIGKILL");
}

function killSoon(child: ChildProcess, ms: number): NodeJS.Timeout {
  return setTimeout(() => child.kill("SIGKILL"), ms);
}

function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

test(`${lanes * killsPerLane} kills lose nothing that was acknowledged (seed ${seed})`, async () => {
  const results = await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const chance = seededChance(seed * 1_000 + lane);
      const folder = join(work, `lane-${lane}`);
      mkdirSync(folder);
      const known = new Known();
      for (let kill = 0; kill < killsPerLane; kill++) await live(folder, known, chance);
      return known;
    }),
  );
  const opens = results.reduce((sum, { opens: some }) => sum + some, 0);
  expect(opens, "most kills hit a store that was open").toBeGreaterThan(lanes * killsPerLane * 0.7);
  for (const known of results) expect(known.seen).toBeGreaterThan(1_000);
});
