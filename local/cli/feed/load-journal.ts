import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { addTallies, emptyTally, type Tally } from './load-summary.ts';

/** Rows from the first to the last, both included. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** What is acknowledged of one file's load: kept in the data folder while the load lasts, so that a second run goes on. */
export interface LoadJournal {
  /** What earlier runs did. */
  readonly earlier: Tally;
  /** True for a row that an earlier run was answered for. */
  isDone(row: number): boolean;
  /** Notes rows that the region has answered for; on disk within half a second. */
  note(rows: RowRange, tally: Tally): void;
  close(): Promise<void>;
  /** Closes it and takes it away: the load is complete, and another one begins anew. */
  finish(): Promise<void>;
}

const rejection = z.object({ file: z.string(), resource: z.string(), reason: z.string() });
const noteSchema = z.object({
  rows: z.array(z.object({ from: z.number().int(), to: z.number().int() })),
  tally: z.object({
    fates: z.record(z.string(), z.number()),
    queuedForReview: z.number(),
    quarantine: z.array(rejection),
    rejectedCount: z.number(),
    rejected: z.array(rejection),
  }),
});

/** A crash costs at most what was acknowledged in this time; sent again, it is answered as unchanged. */
const flushMilliseconds = 500;

/** The digest of a file with the number of its lines, in one pass. */
export async function digestFile(file: string): Promise<{ readonly digest: string; readonly lines: number }> {
  const hash = createHash('sha256');
  let lines = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return { digest: hash.digest('hex'), lines };
}

/**
 * Opens the journal of a load in `folder`, with what earlier runs of the same load wrote. `identity` is what makes it the
 * same: the file's digest, and all that decides what is sent and for whom.
 */
export async function openJournal(folder: string, identity: readonly unknown[]): Promise<LoadJournal> {
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  const file = path.join(folder, `${name}.ndjson`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { done, earlier } = readNotes(await readFile(file, 'utf8').catch(() => ''));
  const handle = await open(file, 'a', 0o600);

  let rows: RowRange[] = [];
  let tally = emptyTally;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (rows.length === 0) return;
    // The newline comes first: a line that a crash cut short ends there.
    const line = `\n${JSON.stringify({ rows: joinRanges(rows), tally })}`;
    rows = [];
    tally = emptyTally;
    writing = writing.then(() => handle.appendFile(line));
  };
  const close = async () => {
    flush();
    try {
      await writing;
    } finally {
      await handle.close();
    }
  };
  return {
    earlier,
    isDone: (row) => isWithin(done, row),
    note(range, more) {
      rows.push(range);
      tally = addTallies(tally, more);
      timer ??= setTimeout(flush, flushMilliseconds);
    },
    close,
    async finish() {
      await close();
      await rm(file, { force: true });
    },
  };
}

/** Everything that whole lines say; the one that a crash cut short counts for nothing. */
function readNotes(text: string): { done: readonly RowRange[]; earlier: Tally } {
  const rows: RowRange[] = [];
  let earlier = emptyTally;
  for (const line of text.split('\n')) {
    const note = noteSchema.safeParse(parseLine(line));
    if (!note.success) continue;
    rows.push(...note.data.rows);
    earlier = addTallies(earlier, note.data.tally);
  }
  return { done: joinRanges(rows), earlier };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The same rows in as few ranges as hold them, in order. */
export function joinRanges(ranges: readonly RowRange[]): RowRange[] {
  const joined: RowRange[] = [];
  for (const { from, to } of [...ranges].sort((first, second) => first.from - second.from)) {
    const last = joined.at(-1);
    if (last && from <= last.to + 1)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else joined.push({ from, to });
  }
  return joined;
}

/** Binary search among ranges that are in order and apart. */
function isWithin(ranges: readonly RowRange[], row: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (!range || row < range.from) high = middle - 1;
    else if (row > range.to) low = middle + 1;
    else return true;
  }
  return false;
}
