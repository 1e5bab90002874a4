import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Revision } from "../store.ts";
import { Damaged } from "./fault.ts";
import { numberOf } from "./database.ts";

/** Revisions swept in one go: some 2 ms, so that writes are not kept waiting. */
const sweepRowsMax = 256;

/** Pages given back to the file system in one go. */
const vacuumPagesMax = 128;

/** Free pages kept in the file for what is written next (16 MiB), and in proportion to the file. */
const freePagesMin = 2_048;
const freeShareMax = 0.25;

/**
 * Compaction in two steps: `mark` makes the history before a revision unreadable, durably and at
 * once; `sweep` deletes the superseded rows afterwards, little by little, and continues after a
 * restart where it was.
 */
export class Compaction {
  readonly #db: DatabaseSync;
  readonly #candidates: StatementSync;
  readonly #remove: StatementSync;
  readonly #mark: StatementSync;
  readonly #progress: StatementSync;
  compacted: Revision;
  swept: Revision;
  kept: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const state = db.prepare("SELECT compacted, swept, kept FROM compaction").get();
    if (!state) throw new Damaged("the compaction state is missing");
    this.compacted = Number(state["compacted"]);
    this.swept = Number(state["swept"]);
    this.kept = Number(state["kept"]);
    if (this.swept > this.compacted) throw new Damaged("the compaction state is damaged");
    this.#candidates = db.prepare(
      "SELECT revision, previous, value IS NULL AS gone FROM log " +
        `WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ${sweepRowsMax}`,
    );
    this.#remove = db.prepare("DELETE FROM log WHERE revision = ?");
    this.#mark = db.prepare("UPDATE compaction SET compacted = ?");
    this.#progress = db.prepare("UPDATE compaction SET swept = ?, kept = ?");
  }

  mark(revision: Revision): void {
    if (revision <= this.compacted) return;
    this.#mark.run(revision);
    this.compacted = revision;
  }

  /** Whether there is something left to sweep. */
  get pending(): boolean {
    return this.swept < this.compacted;
  }

  /** One go of sweeping, a transaction of its own. */
  sweep(): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const rows = this.#candidates.all(this.swept, this.compacted);
      let removed = 0;
      for (const { revision, previous, gone } of rows) {
        // A row supersedes its key's row before; a deletion is then nothing to remember either.
        if (previous !== 0) removed += Number(this.#remove.run(previous!).changes);
        if (gone === 1) removed += Number(this.#remove.run(revision!).changes);
      }
      const last = rows.length < sweepRowsMax ? this.compacted : Number(rows.at(-1)!["revision"]);
      const kept = this.kept + rows.length - removed;
      this.#progress.run(last, kept);
      this.#db.exec("COMMIT");
      this.swept = last;
      this.kept = kept;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Gives some free pages back to the file system. False when there were not too many. */
  shrink(): boolean {
    const free = numberOf(this.#db, "PRAGMA freelist_count");
    const pages = numberOf(this.#db, "PRAGMA page_count");
    const surplus = Math.floor(free - Math.max(freePagesMin, pages * freeShareMax));
    if (surplus <= 0) return false;
    // Stepped to the end: each step of this statement gives back one page.
    this.#db.prepare(`PRAGMA incremental_vacuum(${Math.min(surplus, vacuumPagesMax)})`).all();
    return true;
  }
}
