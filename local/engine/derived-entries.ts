import { dynaliteDb, type Item, type WriteOperation } from './dynalite.ts';
import { expiryPrefix, indexPrefix } from './layout.ts';
import type { Table } from './table-catalogue.ts';

/** An item before and after a write, with its storage key inside the table; absent means there was or is none. */
export interface ItemChange {
  table: Table;
  key: string;
  before: Item | undefined;
  after: Item | undefined;
}

/** Pads epoch seconds so that text order is number order, until the year 33658. */
export const toExpiryText = (epochSeconds: number) => String(epochSeconds).padStart(12, '0');

/** The moment an item may be removed, in whole epoch seconds; undefined without a valid TTL attribute. */
export function readExpiry(item: Item, { settings }: Table): number | undefined {
  const value = settings.ttlAttribute === undefined ? undefined : item[settings.ttlAttribute];
  if (value === undefined || !('N' in value)) return undefined;
  const seconds = Math.floor(Number(value.N));
  return seconds >= 0 && seconds < 1e12 ? seconds : undefined;
}

/**
 * Every entry that follows from an item: one for each index it appears in, and one in order of expiry.
 *
 * dynalite ends an index key with six hexadecimal digits of a hash of the item's key, so one item in 16 million
 * silently replaces another with the same index keys. Here the item's own key follows, which makes it unique;
 * `resumeIndexAt` keeps paging right.
 */
export function deriveEntries(item: Item, key: string, table: Table): Map<string, unknown> {
  const { record } = table;
  const entries = new Map<string, unknown>();
  for (const [type, indexes] of [
    ['global', record.GlobalSecondaryIndexes],
    ['local', record.LocalSecondaryIndexes],
  ] as const) {
    if (!indexes) continue;
    for (const put of dynaliteDb.getIndexActions(indexes, undefined, item, record).puts) {
      entries.set(`${indexPrefix(type, record.TableName, put.index)}${put.key}/${key}`, put.item);
    }
  }
  const expiry = readExpiry(item, table);
  if (expiry !== undefined)
    entries.set(`${expiryPrefix(record.TableName)}${toExpiryText(expiry)}~${key}`, key);
  return entries;
}

/** The writes that take the derived entries of an item from before its change to after it. */
export function deriveWrites({ table, key, before, after }: ItemChange): WriteOperation[] {
  const old = before ? deriveEntries(before, key, table) : new Map<string, unknown>();
  const current = after ? deriveEntries(after, key, table) : new Map<string, unknown>();
  const writes: WriteOperation[] = [...current].map(([entry, value]) => ({ type: 'put', key: entry, value }));
  for (const entry of old.keys()) {
    if (!current.has(entry)) writes.push({ type: 'del', key: entry });
  }
  return writes;
}
