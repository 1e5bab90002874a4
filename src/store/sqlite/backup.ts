import { linkSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Revision } from "../store.ts";
import type { Compaction } from "./compaction.ts";
import { draftDatabase, syncPath } from "./database.ts";
import { LogTable } from "./log-table.ts";

/** Rows copied in one go: some 3 ms, so that writes are not kept waiting. */
const rowsPerStep = 512;

/**
 * Copies all rows up to the present revision to a new database at `path`, which must not exist.
 * Rows never change, so writes may go on between the steps; sweeping may not. Each row's checksum
 * is verified on the way: damage is not copied.
 */
export function* backUp(
  source: { readonly log: LogTable; readonly compaction: Compaction; readonly revision: Revision },
  path: string,
): Generator<void, void> {
  const draft = `${path}.partial`;
  const { log, compaction, revision } = source;
  const db = draftDatabase(draft);
  try {
    const copy = new LogTable(db);
    const { compacted, swept, kept } = compaction;
    db.exec("BEGIN");
    for (let from = 0; from < revision;) {
      const rows = log.some(from, rowsPerStep).filter((row) => row.revision <= revision);
      for (const row of rows) copy.append(row);
      from = rows.at(-1)?.revision ?? revision;
      yield;
    }
    db.prepare("UPDATE compaction SET compacted = ?, swept = ?, kept = ?").run(
      Math.min(compacted, revision),
      swept,
      kept,
    );
    db.exec("COMMIT");
    db.close();
    syncPath(draft);
    // Unlike a rename this fails when something is there already.
    linkSync(draft, path);
    syncPath(dirname(path));
  } finally {
    if (db.isOpen) db.close();
    rmSync(draft, { force: true });
  }
}
