import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { Damaged } from "./fault.ts";

/**
 * SQLite takes the journal (the write-ahead log) up to the first frame that is not whole, and drops
 * the rest without a word: right for the tail that a power cut tears, and silent loss when the frame
 * was damaged later. The two can be told apart: each transaction is synced before the next is
 * written, so that at most one can be torn. Format: https://sqlite.org/fileformat2.html#walformat
 */

const headerBytes = 32;
const frameHeaderBytes = 24;

/**
 * @param frames number of frames that SQLite took.
 * @throws Damaged when whole transactions lie behind them.
 */
export function auditJournal(path: string, frames: number): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size <= headerBytes) return;
    const header = read(file, 0, headerBytes);
    if (!isWhole(header)) throw new Damaged("its journal has a damaged header");
    const frameBytes = frameHeaderBytes + header.readUInt32BE(8);
    const salt = header.subarray(16, 24);
    let commits = 0;
    for (let at = headerBytes + frames * frameBytes; at + frameBytes <= size; at += frameBytes) {
      const frame = read(file, at, frameHeaderBytes);
      // Frames from before the journal was last begun anew have other salts.
      if (!frame.subarray(8, 16).equals(salt)) continue;
      if (frame.readUInt32BE(4) !== 0) commits++;
    }
    if (commits > 1) throw new Damaged(`its journal is damaged before the last ${commits} commits`);
  } finally {
    closeSync(file);
  }
}

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, at);
  return bytes;
}

/** Whether the journal's header has the checksum that it should have. */
function isWhole(header: Buffer): boolean {
  const magic = header.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) return false;
  const word = (at: number): number =>
    magic === 0x377f0683 ? header.readUInt32BE(at) : header.readUInt32LE(at);
  let first = 0;
  let second = 0;
  for (let at = 0; at < 24; at += 8) {
    first = (first + word(at) + second) >>> 0;
    second = (second + word(at + 4) + first) >>> 0;
  }
  return header.readUInt32BE(24) === first && header.readUInt32BE(28) === second;
}
