import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { threadId } from "node:worker_threads";
import { Damaged, faultOf, isCode } from "./fault.ts";
import { auditJournal } from "./journal-audit.ts";
import type { WorkerOptions } from "./protocol.ts";

/**
 * Opening and making the database file. One table is the log: a row per revision, appended, so that
 * a commit touches few pages and needs no index (the keys' index is on the main thread). `previous`
 * links the rows of a key, which is enough to compact, to go back in time, and to notice losses.
 */

/** "coxw": tells our files from other SQLite databases. */
const applicationId = 0x636f7877;
const schemaVersion = 1;

/** Fits several objects into a page while a lone commit stays small; measured best of 4–16 KiB. */
const pageBytes = 8_192;

/** The journal is cut back to this size after a checkpoint. */
const journalBytesMax = 16 * 2 ** 20;

const schema = `
  CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    previous INTEGER NOT NULL, -- the key's revision before; 0: it was not there
    expires INTEGER NOT NULL,  -- milliseconds since the epoch; 0: never
    checksum INTEGER NOT NULL, -- CRC-32 over the row
    key TEXT NOT NULL,
    value BLOB                 -- NULL: the key was deleted
  ) STRICT;
  CREATE TABLE compaction (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    compacted INTEGER NOT NULL, -- the oldest revision that can be read
    swept INTEGER NOT NULL,     -- superseded rows up to here are deleted
    kept INTEGER NOT NULL       -- number of rows up to \`swept\`
  ) STRICT;
  INSERT INTO compaction VALUES (1, 1, 1, 0);
`;

/** Where the database lies in a data folder. */
export function databasePath(folder: string): string {
  return join(folder, "state.db");
}

/**
 * Opens the folder's database, made if there is none, and locks it against other processes until
 * it is closed. Never opens the file by other means: closing such a file descriptor would drop the
 * lock (POSIX locks belong to the process).
 */
export function openDatabase({ folder, pagesMax }: WorkerOptions): DatabaseSync {
  const path = databasePath(folder);
  if (!existsSync(path)) makeDatabase(folder, path);
  const { size, mode } = statSync(path);
  if (size === 0) throw new Damaged("the file is empty");
  if ((mode & 0o77) !== 0) chmodSync(path, 0o600);
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    requireOurs(db);
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${journalBytesMax};
      PRAGMA cell_size_check = ON;
    `);
    // Writing takes the lock for good; reading alone would leave room for a second reader.
    db.exec("BEGIN IMMEDIATE; COMMIT");
    auditJournal(`${path}-wal`, framesInJournal(db));
    restartJournal(db, path);
    if (pagesMax !== undefined) db.exec(`PRAGMA max_page_count = ${pagesMax}`);
  } catch (error) {
    db.close();
    throw error;
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith("state.db.new-")) rmSync(join(folder, name), { force: true });
  }
  return db;
}

/** Begun anew, the journal holds no torn tail that a later audit would have to explain. */
function restartJournal(db: DatabaseSync, path: string): void {
  try {
    db.exec("PRAGMA wal_checkpoint(RESTART)");
  } catch (error) {
    // A full disk must not keep anybody from reading.
    if (faultOf(error, path).kind !== "full") throw error;
  }
}

function requireOurs(db: DatabaseSync): void {
  const id = numberOf(db, "PRAGMA application_id");
  const version = numberOf(db, "PRAGMA user_version");
  if (id !== applicationId) throw new Damaged("the file is a database of another application");
  if (version > schemaVersion) {
    throw new Damaged(`the file has format ${version}, this version knows ${schemaVersion} only`);
  }
}

/**
 * Makes the file under another name and links it into place, complete and synced: a `state.db` that
 * is empty has therefore lost its content, and two processes cannot replace each other's.
 */
function makeDatabase(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(`${path}-wal`)) throw new Damaged("the file is missing, its journal is there");
  const draft = `${path}.new-${process.pid}-${threadId}`;
  rmSync(draft, { force: true });
  try {
    draftDatabase(draft).close();
    syncPath(draft);
    linkSync(draft, path);
  } catch (error) {
    // Somebody else was quicker: theirs is used, or found to be in use.
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncPath(folder);
}

/**
 * A new, empty database that nobody else knows of yet. It is not safe before it has been closed and
 * synced: without a journal, writing it costs one sync at the end.
 */
export function draftDatabase(path: string): DatabaseSync {
  closeSync(openSync(path, "wx", 0o600));
  const db = new DatabaseSync(path);
  try {
    db.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      BEGIN; ${schema} COMMIT;
    `);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Has the operating system put a file or folder on disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The first column of the first row, a number. */
export function numberOf(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get();
  return Number(row ? Object.values(row)[0] : 0);
}

/** Frames that count in the journal. */
export function framesInJournal(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA wal_checkpoint(NOOP)").get()?.["log"] ?? 0);
}
