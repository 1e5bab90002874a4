import type { Revision } from "../store.ts";
import type { Compaction } from "./compaction.ts";
import type { LogTable } from "./log-table.ts";
import { type Answer, type Ask, packRows, type Row } from "./protocol.ts";

/** Revisions looked at in one go: some milliseconds, so that writes are not kept waiting. */
const eventRevisionsMax = 1_000;
const undoRevisionsMax = 4_000;

/** Where the past is read from. */
export interface Past {
  readonly log: LogTable;
  readonly compaction: Compaction;
  /** The latest committed revision. */
  readonly revision: () => Revision;
}

/**
 * Answers a question about the past. Whoever steps the generator lets writes through between the
 * steps; the answer is as of the latest commit before the last step.
 */
export function* answerAsk(past: Past, ask: Ask): Generator<void, Answer> {
  switch (ask.about) {
    case "events":
      return events(past, ask.prefix, ask.since);
    case "undo":
      return yield* undo(past, ask.prefix, ask.at);
    case "rows":
      return rows(past, ask.revisions);
  }
}

function events({ log, compaction, revision }: Past, prefix: string, since: Revision): Answer {
  if (since < compaction.compacted) return { about: "compacted" };
  const until = Math.min(since + eventRevisionsMax, revision());
  const found = log.between(since, until, prefix);
  const previous: Row[] = [];
  for (const row of found) {
    const before = row.previous === 0 ? undefined : log.get(row.previous);
    if (before) previous.push(before);
  }
  return {
    about: "events",
    events: packRows(found),
    previous: packRows(previous),
    revision: until,
  };
}

function* undo(past: Past, prefix: string, at: Revision): Generator<void, Answer> {
  const before = new Map<string, Revision>();
  for (let from = at; from < past.revision();) {
    if (from > at) yield;
    if (at < past.compaction.compacted) return { about: "compacted" };
    const to = Math.min(from + undoRevisionsMax, past.revision());
    for (const [key, previous] of past.log.linksBetween(from, to, prefix)) {
      if (!before.has(key)) before.set(key, previous);
    }
    from = to;
  }
  return { about: "undo", keys: [...before] };
}

function rows({ log }: Past, revisions: readonly Revision[]): Answer {
  const found: Row[] = [];
  for (const revision of revisions) {
    const row = log.get(revision);
    if (!row) return { about: "compacted" };
    found.push(row);
  }
  return { about: "rows", rows: packRows(found) };
}
