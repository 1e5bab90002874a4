import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { Revision } from "../store.ts";
import { Damaged } from "./fault.ts";
import type { Row } from "./protocol.ts";

/** The columns that `rowOf` reads, in its order; the value last, so that it is not read needlessly. */
const columns = "revision, created, previous, expires, checksum, key, value";

/** Rows read in one go when all are read. */
const pageRows = 512;

/** A row of a statement with `columns`, as arrays. */
type Columns = [number, number, number, number, number, string, Uint8Array | null];

/** The table with a row per revision: appending and reading. */
export class LogTable {
  readonly #insert: StatementSync;
  readonly #one: StatementSync;
  readonly #range: StatementSync;
  readonly #some: StatementSync;
  readonly #links: StatementSync;

  constructor(db: DatabaseSync) {
    const prepare = (sql: string): StatementSync => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#insert = prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#one = prepare(`SELECT ${columns} FROM log WHERE revision = ?`);
    const between = "FROM log WHERE revision > ? AND revision <= ? AND instr(key, ?) = 1";
    this.#range = prepare(`SELECT ${columns} ${between} ORDER BY revision`);
    this.#links = prepare(`SELECT key, previous ${between} ORDER BY revision`);
    this.#some = prepare(`SELECT ${columns} FROM log WHERE revision > ? ORDER BY revision LIMIT ?`);
  }

  append(row: Row): void {
    const { revision, created, previous, expires, key, value = null } = row;
    this.#insert.run(revision, created, previous, expires, checksum(row), key, value);
  }

  /** The row of a revision; undefined when it has been compacted away. */
  get(revision: Revision): Row | undefined {
    const found = this.#one.get(revision) as unknown as Columns | undefined;
    return found && rowOf(found);
  }

  /** The rows after `from`, up to and including `to`, whose key has the prefix. */
  between(from: Revision, to: Revision, prefix: string): Row[] {
    return (this.#range.all(from, to, prefix) as unknown as Columns[]).map(rowOf);
  }

  /** Key and previous revision of the rows that `between` gives. */
  linksBetween(from: Revision, to: Revision, prefix: string): [key: string, Revision][] {
    return this.#links.all(from, to, prefix) as unknown as [string, Revision][];
  }

  /** The first rows after `from`, `limit` at most. */
  some(from: Revision, limit: number): Row[] {
    return (this.#some.all(from, limit) as unknown as Columns[]).map(rowOf);
  }

  /** All rows in order of revision. */
  *all(): Generator<Row> {
    // Page by page: half as long as stepping through one statement.
    for (let from = 0, rows = this.some(from, pageRows); rows.length > 0;) {
      yield* rows;
      from = rows.at(-1)!.revision;
      rows = this.some(from, pageRows);
    }
  }
}

function rowOf([revision, created, previous, expires, sum, key, value]: Columns): Row {
  const row = { revision, created, previous, expires, key, value: value ?? undefined };
  if (checksum(row) !== sum) throw new Damaged(`the row of revision ${revision} is damaged`);
  return row;
}

/** SQLite notices a torn page structure, not flipped bits in a value: this does. */
function checksum({ revision, created, previous, expires, key, value }: Row): number {
  const head = crc32(`${revision} ${created} ${previous} ${expires} ${value ? "+" : "-"} ${key}`);
  return value ? crc32(value, head) : head;
}
