import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Caller } from '../../functions/domain/access/caller.ts';
import { decideOperation } from '../../functions/domain/access/decide-access.ts';
import { initialLoadKey } from '../../functions/store/keys.ts';
import { instant, schemaVersion } from '../../functions/store/store.ts';
import type { Region } from '../../functions/usecases/region.ts';
import { auditDisclosure } from '../../functions/usecases/write-audit.ts';
import type { RegionClient } from '../cli/region-client.ts';
import { initialLoadClient } from './initial-load-client.ts';
import { type MemoryTable, memoryTable, type TableItem } from './memory-table.ts';
import { redo, removeRedo, writeBehind } from './write-behind.ts';

/** An initial load that is under way. */
export interface InitialLoad {
  /** Takes the transactions that the region would otherwise be sent. */
  readonly client: Pick<RegionClient, 'post'>;
  /** Says in the table that the load is complete. */
  finish(): Promise<void>;
}

/** The load, or why there can be none. */
export type InitialLoadResult =
  | { readonly ok: true; readonly load: InitialLoad }
  | { readonly ok: false; readonly reason: 'index-not-empty' | 'not-allowed' };

/** What belongs to no index: the load's own mark, answers kept for repeated requests, and what streams count. */
const otherTypes: ReadonlySet<unknown> = new Set(['InitialLoad', 'Idempotency', 'Statistics']);

/**
 * Opens the initial load of an index that holds nobody, or goes on with the one that was interrupted in this data folder:
 * its redo file and journals are there.
 */
export async function openInitialLoad(
  region: Region,
  caller: Caller,
  dataDir: string,
  newPersonId: () => string = randomUUID,
): Promise<InitialLoadResult> {
  const { store } = region;
  const { client, recordTable: TableName } = store;
  if (!decideOperation(region.policy, caller, 'record.write').allowed)
    return { ok: false, reason: 'not-allowed' };
  const folder = path.join(dataDir, 'loads');
  const ownFile = path.join(folder, 'initial-load.id');
  const redoFile = path.join(folder, 'initial-load.redo');
  await mkdir(folder, { recursive: true, mode: 0o700 });

  const { Item: mark } = await client.send(
    new GetCommand({ TableName, Key: initialLoadKey, ConsistentRead: true }),
  );
  const own = await readFile(ownFile, 'utf8').catch(() => undefined);
  const goesOn = mark?.state === 'running' && mark.loadId === own;
  if (mark ? !goesOn : await holdsAnybody(region)) return { ok: false, reason: 'index-not-empty' };

  const loadId = own !== undefined && goesOn ? own : randomUUID();
  const markAs = (state: 'running' | 'done') => ({
    TableName,
    Item: {
      ...initialLoadKey,
      type: 'InitialLoad',
      schemaVersion,
      loadId,
      state,
      organisation: caller.organisation,
      changedAt: instant(store),
    },
  });
  if (!goesOn) {
    await removeRedo(redoFile);
    await writeFile(ownFile, loadId, { mode: 0o600 });
    await client.send(
      new PutCommand({ ...markAs('running'), ConditionExpression: 'attribute_not_exists(PK)' }),
    );
  }
  // Nothing is disclosed and nobody asks for anybody: one entry says who has filled the index.
  await auditDisclosure(
    region,
    { operation: 'initial-load', action: 'C', caller, requestId: loadId },
    [],
    '',
  );

  const behind = writeBehind(client, TableName, redoFile);
  const table = memoryTable((key, item) => {
    if (!otherTypes.has(item?.type)) behind.note(key, item);
  });
  const people = goesOn ? await readBack(region, table, redoFile) : 0;
  const inMemory: Region = { ...region, store: { ...store, client: table.client } };
  return {
    ok: true,
    load: {
      client: initialLoadClient(inMemory, table, behind, { caller, people, newPersonId }),
      async finish() {
        await behind.flushed();
        await client.send(new PutCommand(markAs('done')));
        await removeRedo(redoFile);
        await rm(ownFile, { force: true });
      },
    },
  };
}

async function holdsAnybody(region: Region): Promise<boolean> {
  for await (const { type } of readTable(region)) if (!otherTypes.has(type)) return true;
  return false;
}

/** Fills the memory from the table, brought to the end of the group that was interrupted; gives the number of people. */
async function readBack(region: Region, table: MemoryTable, redoFile: string): Promise<number> {
  await redo(region.store.client, region.store.recordTable, redoFile);
  let people = 0;
  for await (const item of readTable(region)) {
    if (otherTypes.has(item.type)) continue;
    table.seed(item);
    if (item.type === 'Person') people += 1;
  }
  return people;
}

/** Every item of the table; an operator's work, on no request's path. */
async function* readTable({ store }: Region): AsyncGenerator<TableItem, void, undefined> {
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await store.client.send(
      new ScanCommand({
        TableName: store.recordTable,
        ConsistentRead: true,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    yield* (page.Items ?? []) as TableItem[];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
