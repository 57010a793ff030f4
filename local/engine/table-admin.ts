import { runAction, validateParameters } from './actions.ts';
import type { Committer } from './committer.ts';
import { deriveEntries } from './derived-entries.ts';
import { type Database, type DynaliteStore, dynaliteDb, type Item, type TableRecord } from './dynalite.ts';
import { EngineError } from './errors.ts';
import { type ItemWriter, storageKeyOf } from './item-writer.ts';
import { expiryPrefix, indexesPrefix, itemPrefix, rangeOf, settingsPrefix, streamPrefix } from './layout.ts';
import { requireTable } from './store.ts';
import type { Table, TableCatalogue, TableSettings } from './table-catalogue.ts';
import {
  describeKeys,
  hasSameIndexes,
  hasSameKeys,
  type TableDefinition,
  toCreateTableRequest,
} from './table-definition.ts';

const REBUILD_CHUNK_SIZE = 100;

/** What table administration works on. */
export interface AdminParts {
  database: Database;
  store: DynaliteStore;
  committer: Committer;
  catalogue: TableCatalogue;
  writer: ItemWriter;
}

/**
 * Makes a table, or fits an existing one to its definition: new and changed indexes are filled from the items.
 * Rejects with an `EngineError` `TABLE_DIFFERS` when the existing table has other keys.
 */
export async function ensureTable(definition: TableDefinition, parts: AdminParts): Promise<void> {
  const { store, catalogue } = parts;
  const existing = catalogue.find(definition.name)?.record;
  if (!existing) {
    const request = validateParameters('CreateTable', toCreateTableRequest(definition), store);
    await runAction('CreateTable', store, request);
  } else if (!hasSameKeys(existing, definition)) {
    throw new EngineError(
      'TABLE_DIFFERS',
      `The stored table ${definition.name} has the keys ${describeKeys(existing.KeySchema)}, which cannot be changed. ` +
        'Start with another data folder, or remove this one.',
    );
  } else if (!hasSameIndexes(existing, definition)) {
    await replaceIndexes(existing, definition, store);
  }
  const { stream, ttlAttribute } = definition;
  await changeSettings(
    definition.name,
    { stream, ...(ttlAttribute !== undefined && { ttlAttribute }) },
    parts,
  );
}

/** Stores a table's settings and derives its index and expiry entries anew if they follow from others. */
export async function changeSettings(
  tableName: string,
  settings: Omit<TableSettings, 'derivedFor'>,
  parts: AdminParts,
): Promise<void> {
  const table = requireTable(parts.catalogue, tableName);
  const derivedFor = describeDerivation(table.record, settings.ttlAttribute);
  if (table.settings.derivedFor !== derivedFor) {
    // Without `derivedFor`, a rebuild that a crash interrupts is begun again by the next call.
    await storeSettings(tableName, settings, parts);
    await rebuildDerivedEntries(requireTable(parts.catalogue, tableName), parts);
  }
  await storeSettings(tableName, { ...settings, derivedFor }, parts);
}

/** Removes what dynalite's DeleteTable does not know of: settings, expiry entries and stream. */
export async function forgetTable(
  tableName: string,
  { database, committer, catalogue }: AdminParts,
): Promise<void> {
  catalogue.forget(tableName);
  await committer.commit([{ type: 'del', key: settingsPrefix + tableName }]);
  await database.clear(rangeOf(expiryPrefix(tableName)));
  await database.clear(rangeOf(streamPrefix(tableName)));
}

async function storeSettings(
  tableName: string,
  settings: TableSettings,
  { committer, catalogue }: AdminParts,
): Promise<void> {
  await committer.commit([{ type: 'put', key: settingsPrefix + tableName, value: settings }]);
  catalogue.keepSettings(tableName, settings);
}

function describeDerivation(record: TableRecord, ttlAttribute: string | undefined): string {
  const indexes = [...(record.GlobalSecondaryIndexes ?? []), ...(record.LocalSecondaryIndexes ?? [])];
  return JSON.stringify([
    ttlAttribute ?? null,
    indexes.map(({ IndexName, KeySchema }) => [IndexName, KeySchema]),
  ]);
}

async function replaceIndexes(
  existing: TableRecord,
  definition: TableDefinition,
  store: DynaliteStore,
): Promise<void> {
  const wanted = await describeNewTable(definition, store);
  const { TableId, CreationDateTime } = existing;
  const record = { ...wanted, ...(TableId && { TableId }), ...(CreationDateTime && { CreationDateTime }) };
  await new Promise<void>((resolve, reject) => {
    store.tableDb.put(definition.name, record, (error) => (error ? reject(error) : resolve()));
  });
}

/** The record dynalite would store for a definition, got by running its CreateTable without a store beneath. */
async function describeNewTable(definition: TableDefinition, store: DynaliteStore): Promise<TableRecord> {
  const tableDb: DynaliteStore['tableDb'] = {
    ...store.tableDb,
    lock: (_key, section) => section((done) => done),
    get: (_key, callback) => callback(),
    put: (_key, _value, callback) => callback(),
  };
  const data = validateParameters('CreateTable', toCreateTableRequest(definition), store);
  const { TableDescription: record } = await runAction('CreateTable', { ...store, tableDb }, data);
  return record as TableRecord;
}

async function rebuildDerivedEntries(table: Table, { database, writer }: AdminParts): Promise<void> {
  const { record } = table;
  await database.clear(rangeOf(indexesPrefix('global', record.TableName)));
  await database.clear(rangeOf(indexesPrefix('local', record.TableName)));
  await database.clear(rangeOf(expiryPrefix(record.TableName)));
  const iterator = database.values(rangeOf(itemPrefix(record.TableName)));
  try {
    for (;;) {
      const items = (await iterator.nextv(REBUILD_CHUNK_SIZE)) as Item[];
      if (items.length === 0) return;
      const targets = items.map((item) => ({ table, key: dynaliteDb.createKey(item, record) }));
      await writer.write({
        targets,
        run: async (overlay) => {
          for (const target of targets) {
            const item = overlay.readBefore(storageKeyOf(target));
            const entries = item ? deriveEntries(item, target.key, table) : [];
            for (const [key, value] of entries) overlay.extraWrites.push({ type: 'put', key, value });
          }
        },
      });
    }
  } finally {
    await iterator.close();
  }
}
