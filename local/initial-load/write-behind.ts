import { open, readFile, rm } from 'node:fs/promises';
import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Key } from '../../functions/store/keys.ts';
import type { TableItem } from './memory-table.ts';

/** Sends changed items to a table, in groups. */
export interface WriteBehind {
  /** Notes what an item has become; undefined when it was taken away. */
  note(key: Key, item: TableItem | undefined): void;
  /** Resolves when everything noted so far is in the table. */
  flushed(): Promise<void>;
}

/** What a change has made of an item. */
interface Noted {
  readonly key: Key;
  readonly item?: TableItem;
}

/** BatchWriteItem takes 25 items. */
const largestBatch = 25;

/** Calls under way at a time. */
const callsAtATime = 4;

/**
 * Writes to `tableName` what was noted, one group after another, so that an item's last state is the last one written. A
 * group is in `redoFile` before its first item is in the table.
 */
export function writeBehind(
  client: DynamoDBDocumentClient,
  tableName: string,
  redoFile: string,
): WriteBehind {
  let noted = new Map<string, Noted>();
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const writeGroup = async (): Promise<void> => {
    const group = [...noted.values()];
    noted = new Map();
    waiting = undefined;
    if (group.length === 0) return;
    await writeRedo(redoFile, group);
    await writeAll(client, tableName, group);
  };

  return {
    note(key, item) {
      noted.set(`${key.PK} ${key.SK}`, { key, ...(item && { item }) });
    },
    flushed() {
      // All who ask while a group is being written wait for the next one together.
      waiting ??= writing.then(writeGroup);
      writing = waiting;
      return waiting;
    },
  };
}

/** Brings the table to the end of the group that a crash may have interrupted; a redo file cut short was never begun. */
export async function redo(
  client: DynamoDBDocumentClient,
  tableName: string,
  redoFile: string,
): Promise<void> {
  const text = await readFile(redoFile, 'utf8').catch(() => '');
  if (text.endsWith('\n')) await writeAll(client, tableName, JSON.parse(text) as Noted[]);
}

/** Takes the redo file away when the load is done. */
export function removeRedo(redoFile: string): Promise<void> {
  return rm(redoFile, { force: true });
}

async function writeRedo(file: string, group: readonly Noted[]): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(group)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function writeAll(
  client: DynamoDBDocumentClient,
  tableName: string,
  group: readonly Noted[],
): Promise<void> {
  let next = 0;
  const writeBatches = async (): Promise<void> => {
    while (next < group.length) {
      const batch = group.slice(next, next + largestBatch);
      next += largestBatch;
      let left = batch.map(({ item, key: { PK, SK } }) =>
        item ? { PutRequest: { Item: item } } : { DeleteRequest: { Key: { PK, SK } } },
      );
      while (left.length > 0) {
        const { UnprocessedItems } = await client.send(
          new BatchWriteCommand({ RequestItems: { [tableName]: left } }),
        );
        left = (UnprocessedItems?.[tableName] ?? []) as typeof left;
      }
    }
  };
  await Promise.all(Array.from({ length: callsAtATime }, writeBatches));
}
