import type { Revision } from "../store.ts";
import type { Compaction } from "./compaction.ts";
import { Damaged } from "./fault.ts";
import type { LogTable } from "./log-table.ts";
import { packRows, type Row } from "./protocol.ts";

/** Bytes of values per message while loading: the receiver works while more is read. */
const chunkBytes = 256 * 1_024;

/**
 * Reads the whole log once, hands it on in order, and checks that nothing is missing: revisions
 * after `swept` have no gaps, each points at the row that its key had before, and the number of
 * older rows is what compaction has left. Returns the latest revision.
 * @throws Damaged when the log is not whole.
 */
export function loadLog(
  log: LogTable,
  compaction: Compaction,
  deliver: (rows: ArrayBuffer) => void,
): Revision {
  const { swept, kept } = compaction;
  const audit = new Audit(swept);
  let chunk: Row[] = [];
  let bytes = 0;
  for (const row of log.all()) {
    audit.see(row);
    chunk.push(row);
    bytes += row.value?.byteLength ?? 0;
    if (bytes < chunkBytes) continue;
    deliver(packRows(chunk));
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) deliver(packRows(chunk));
  if (audit.old !== kept) {
    throw new Damaged(`${kept} rows up to revision ${swept} were kept, ${audit.old} are there`);
  }
  if (audit.last < compaction.compacted) {
    throw new Damaged(`the rows after revision ${audit.last} are missing`);
  }
  return audit.last;
}

/** Follows the log in order of revision and notices what is missing. */
class Audit {
  readonly #swept: Revision;
  readonly #keys = new Map<string, Revision>();
  #before: Revision = 0;
  /** The latest revision seen, at least `swept`. */
  last: Revision;
  /** Rows seen up to `swept`. */
  old = 0;

  constructor(swept: Revision) {
    this.#swept = swept;
    this.last = swept;
  }

  see({ revision, previous, key, value }: Row): void {
    if (revision <= this.#before) throw new Damaged(`revision ${revision} is out of order`);
    this.#before = revision;
    if (revision <= this.#swept) this.old++;
    else if (revision !== ++this.last) throw new Damaged(`revision ${this.last} is missing`);
    else if ((this.#keys.get(key) ?? 0) !== previous) {
      throw new Damaged(`revision ${previous}, which ${revision} follows, is missing`);
    }
    if (value) this.#keys.set(key, revision);
    else this.#keys.delete(key);
  }
}
