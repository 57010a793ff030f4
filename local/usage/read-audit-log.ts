import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEntry } from '../../functions/domain/audit/audit-entry.ts';
import { readCheckpoint } from '../../functions/domain/audit/checkpoint.ts';
import { readSignedNote } from '../../functions/domain/audit/signed-note.ts';
import { decodeEntries, entriesPath, tileWidth } from '../../functions/domain/audit/tiles.ts';
import type { Store } from '../../functions/store/store.ts';
import { openLogFolder } from '../audit-log/log-folder.ts';

/** A file of the log is missing, or is none. */
export class LogUnreadable extends Error {}

/** Every audit entry of the table; an operator's work, on no request's path. */
export async function* readAuditTable({
  auditTable,
  client,
}: Store): AsyncGenerator<AuditEntry, void, undefined> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: auditTable,
        ConsistentRead: true,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    yield* ((page.Items ?? []) as (AuditEntry & { type?: string })[]).filter(isEntry);
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** The number of entries of the log in a folder, by its checkpoint; throws {@link LogUnreadable} where there is none. */
export async function logSize(folder: string): Promise<number> {
  const note = readSignedNote((await openLogFolder(folder)('checkpoint'))?.toString('utf8') ?? '');
  const checkpoint = note && readCheckpoint(note.text);
  if (!checkpoint) throw new LogUnreadable(`there is no checkpoint in ${folder}`);
  return checkpoint.size;
}

/** Every audit entry of the verifiable log in a folder, in its order; it is not verified (`towpath audit verify` does that). */
export async function* readLogFolder(folder: string): AsyncGenerator<AuditEntry, void, undefined> {
  const read = openLogFolder(folder);
  const size = await logSize(folder);
  for (let index = 0; index * tileWidth < size; index += 1) {
    const width = Math.min(tileWidth, size - index * tileWidth);
    const bytes = (await read(entriesPath(index, width))) ?? (await read(entriesPath(index, tileWidth)));
    const leaves = bytes && decodeEntries(bytes);
    if (!leaves) throw new LogUnreadable(`the log lacks its entries from ${index * tileWidth} on`);
    for (const leaf of leaves.slice(0, width)) {
      const entry = JSON.parse(leaf.toString('utf8')) as AuditEntry & { type?: string };
      if (isEntry(entry)) yield entry;
    }
  }
}

/** The log also holds signs of life. */
const isEntry = ({ type }: { type?: string }) => type === 'AuditEntry';
