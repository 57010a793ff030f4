import type { RegionClient } from '../region-client.ts';
import type { RowRange } from './load-journal.ts';
import { type Tally, tallyOf } from './load-summary.ts';
import type { FeedRow } from './read-feed-rows.ts';
import type { Rejection, ResourceItem } from './resource-item.ts';
import { sendTransaction } from './send-transaction.ts';

/** Patients of one transaction: each costs up to nine of the hundred writes that DynamoDB takes at once. */
const patientsPerTransaction = 10;

/** A transaction's body stays well below what API Gateway takes. */
const bytesPerTransaction = 1_000_000;

/** What is not sent is told of in batches as well. */
const rejectedPerBatch = 1000;

interface Batch {
  readonly rows: RowRange;
  readonly items: readonly ResourceItem[];
  readonly rejected: readonly Rejection[];
}

/**
 * Sends rows in transactions of several patients, at most `parallel` at a time: reading waits for sending, and sending for
 * a region that throttles. Two rows of one local id are never under way together, so the later one is the newer one. An
 * abort starts nothing more; what is under way is answered and told of first.
 */
export async function sendRows(
  rows: AsyncIterable<FeedRow>,
  sending: {
    readonly client: Pick<RegionClient, 'post'>;
    readonly token: () => Promise<string>;
    readonly parallel: number;
    readonly signal: AbortSignal;
    readonly onAnswer: (rows: RowRange, tally: Tally) => void;
  },
): Promise<void> {
  const { client, onAnswer, parallel, signal, token } = sending;
  const underWay = new Map<Batch, Promise<void>>();
  const idsUnderWay = new Set<string>();
  let failure: unknown;

  const send = async (batch: Batch): Promise<void> => {
    try {
      const outcomes = await sendTransaction(client, await token(), batch.items);
      onAnswer(batch.rows, tallyOf(outcomes, batch.rejected));
    } catch (error) {
      failure ??= error;
    } finally {
      underWay.delete(batch);
      for (const { id } of batch.items) idsUnderWay.delete(id);
    }
  };

  for await (const batch of batchRows(rows, signal)) {
    while (underWay.size >= parallel || batch.items.some(({ id }) => idsUnderWay.has(id)))
      await Promise.race(underWay.values());
    if (failure !== undefined || signal.aborted) break;
    for (const { id } of batch.items) idsUnderWay.add(id);
    underWay.set(batch, send(batch));
  }
  await Promise.all(underWay.values());
  if (failure !== undefined) throw failure;
}

/** Rows in transactions; an id comes once in each. */
async function* batchRows(
  rows: AsyncIterable<FeedRow>,
  signal: AbortSignal,
): AsyncGenerator<Batch, void, undefined> {
  let items: ResourceItem[] = [];
  let rejected: Rejection[] = [];
  let ids = new Set<string>();
  let bytes = 0;
  let range: RowRange | undefined;
  const take = (): Batch[] => {
    const batch = range && { rows: range, items, rejected };
    items = [];
    rejected = [];
    ids = new Set();
    bytes = 0;
    range = undefined;
    return batch ? [batch] : [];
  };
  for await (const read of rows) {
    if (signal.aborted) return;
    const { row } = read;
    if ('item' in read) {
      const size = Buffer.byteLength(JSON.stringify(read.item.resource));
      const isFull = items.length >= patientsPerTransaction || bytes + size > bytesPerTransaction;
      if (isFull || ids.has(read.item.id)) yield* take();
      items.push(read.item);
      ids.add(read.item.id);
      bytes += size;
    } else rejected.push(read.rejection);
    // Rows between the two are empty, or were done by an earlier run: the range may claim them.
    range = { from: range?.from ?? row, to: row };
    if (rejected.length >= rejectedPerBatch) yield* take();
  }
  yield* take();
}
