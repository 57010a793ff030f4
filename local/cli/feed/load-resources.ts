import { readFile } from 'node:fs/promises';
import { containMedications } from '../../../functions/formats/fhir/contain-medications.ts';
import type { RegionClient } from '../region-client.ts';
import { findNumberOwners, groupTransactions, type NumberOwners } from './group-transactions.ts';
import { type Tally, tallyOf } from './load-summary.ts';
import { type RowReading, readFeedRows } from './read-feed-rows.ts';
import { sendBundle } from './send-bundle.ts';
import { sendTransaction } from './send-transaction.ts';
import { joinUnpacked, type UnpackedFile, unpackFile } from './unpack-file.ts';

/** Unpacks files that each hold one resource or Bundle. */
export async function unpackFiles(files: readonly string[]): Promise<UnpackedFile> {
  return joinUnpacked(
    await Promise.all(files.map(async (file) => unpackFile(file, await readFile(file, 'utf8')))),
  );
}

interface Sending {
  readonly rowFiles: readonly string[];
  readonly reading: RowReading;
  readonly client: Pick<RegionClient, 'post'>;
  readonly token: () => Promise<string>;
  readonly signal: AbortSignal;
  readonly onAnswer: (tally: Tally) => void;
  readonly onProgress: (done: number, total: number) => void;
}

type Wholes = NonNullable<UnpackedFile['wholes']>;

/**
 * Sends documents and messages whole, and clinical resources and other Bundles one patient a transaction, in order. `rowFiles`
 * are those whose Patients were sent before: they are read again when a resource names its patient by an NHS number alone.
 */
export async function loadResources(unpacked: UnpackedFile, sending: Sending): Promise<void> {
  const { wholes = [] } = unpacked;
  // Whom a number alone names, only this load may know.
  const named = wholes.filter(({ parts }) => parts.items.every(({ patientId }) => patientId !== undefined));
  const byNumber = wholes.filter((whole) => !named.includes(whole));
  // One that brings no Patient of its own is about somebody whom a resource may bring.
  const own = named.filter(({ items }) => items.some(({ resourceType }) => resourceType === 'Patient'));
  const parts = [...byNumber.map((whole) => whole.parts), ...(await sendWholes(own, sending))];
  await sendItems(joinUnpacked([unpacked, ...parts]), sending);
  const others = named.filter((whole) => !own.includes(whole));
  const tooLarge = await sendWholes(others, sending);
  if (tooLarge.length > 0) await sendItems(joinUnpacked(tooLarge), sending);
}

async function sendItems(unpacked: UnpackedFile, sending: Sending): Promise<void> {
  const { client, onAnswer, onProgress, reading, rowFiles, signal, token } = sending;
  const medications = unpacked.medications ?? new Map();
  const items = unpacked.items.map((item) => ({
    ...item,
    resource: containMedications(item.resource, medications),
  }));
  const sought = new Set(items.flatMap(({ nhsNumber, patientId }) => (patientId ? [] : (nhsNumber ?? []))));
  const { groups, rejected } = groupTransactions(items, await findOwnersInRows(rowFiles, reading, sought));
  onAnswer(tallyOf([], [...unpacked.rejected, ...rejected]));
  for (const [index, group] of groups.entries()) {
    if (signal.aborted) return;
    onAnswer(tallyOf(await sendTransaction(client, await token(), group)));
    onProgress(index + 1, groups.length);
  }
}

/** Sends documents and messages whole; gives those that are too large for that, in parts. */
async function sendWholes(
  wholes: Wholes,
  { client, onAnswer, signal, token }: Sending,
): Promise<readonly UnpackedFile[]> {
  const tooLarge: UnpackedFile[] = [];
  for (const whole of wholes) {
    if (signal.aborted) break;
    const sent = await sendBundle(client, await token(), whole);
    if (sent.kind === 'too-large') tooLarge.push(whole.parts);
    else onAnswer(tallyOf(sent.outcomes, sent.rejected));
  }
  return tooLarge;
}

/** The Patients of row files that carry one of the numbers. */
async function findOwnersInRows(
  files: readonly string[],
  reading: RowReading,
  sought: ReadonlySet<string>,
): Promise<NumberOwners> {
  let owners: NumberOwners = new Map();
  if (sought.size === 0) return owners;
  for (const file of files) {
    for await (const row of readFeedRows(file, { ...reading, onOther: () => {} }))
      if ('item' in row && sought.has(row.item.nhsNumber ?? ''))
        owners = findNumberOwners([row.item], owners);
  }
  return owners;
}
