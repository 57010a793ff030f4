import path from 'node:path';
import type { RegionClient } from '../region-client.ts';
import { digestFile, type LoadJournal, openJournal } from './load-journal.ts';
import { addTallies, emptyTally, type Tally } from './load-summary.ts';
import { type FeedRow, type RowReading, readFeedRows } from './read-feed-rows.ts';
import { sendRows } from './send-rows.ts';

/** What a load of row files needs. */
export interface RowLoad {
  readonly dataDir: string;
  readonly organisation: string;
  readonly reading: RowReading;
  readonly client: Pick<RegionClient, 'post'>;
  readonly token: () => Promise<string>;
  /** Transactions under way at a time. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  /** Lines answered for, of all lines of the files. */
  readonly onProgress: (done: number, total: number) => void;
}

/** What was done, of it what earlier runs did, and whether the files were read to their ends. */
export interface RowLoadResult {
  readonly tally: Tally;
  readonly earlier: Tally;
  readonly complete: boolean;
  /** What ended the load early, when it was not the user. */
  readonly failure?: unknown;
}

/**
 * Loads files row by row. What the region acknowledged is kept in journals in the data folder until all files are done: an
 * interrupted load goes on where it was.
 */
export async function loadRowFiles(files: readonly string[], load: RowLoad): Promise<RowLoadResult> {
  const { dataDir, onProgress, organisation, reading, signal } = load;
  const identity = [organisation, [...reading.map], reading.areNumbersVerified];
  let tally = emptyTally;
  let earlier = emptyTally;
  let failure: unknown;
  const journals: LoadJournal[] = [];
  const measured = await Promise.all(files.map(digestFile));
  const total = measured.reduce((sum, { lines }) => sum + lines, 0);
  let linesBefore = 0;
  for (const [index, file] of files.entries()) {
    const { digest = '', lines = 0 } = measured[index] ?? {};
    const journal = await openJournal(path.join(dataDir, 'loads'), [digest, ...identity]);
    journals.push(journal);
    earlier = addTallies(earlier, journal.earlier);
    tally = addTallies(tally, journal.earlier);
    if (signal.aborted || failure !== undefined) continue;
    try {
      await sendRows(notDone(readFeedRows(file, reading), journal), {
        ...load,
        onAnswer(rows, more) {
          journal.note(rows, more);
          tally = addTallies(tally, more);
          onProgress(Math.min(total, linesBefore + rows.to), total);
        },
      });
    } catch (error) {
      failure = error;
    }
    linesBefore += lines;
  }
  const complete = !signal.aborted && failure === undefined;
  await Promise.all(journals.map((journal) => (complete ? journal.finish() : journal.close())));
  return { tally, earlier, complete, ...(failure !== undefined && { failure }) };
}

async function* notDone(
  rows: AsyncIterable<FeedRow>,
  journal: LoadJournal,
): AsyncGenerator<FeedRow, void, undefined> {
  for await (const read of rows) if (!journal.isDone(read.row)) yield read;
}
