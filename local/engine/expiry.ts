import type { Committer } from './committer.ts';
import { readExpiry, toExpiryText } from './derived-entries.ts';
import type { Database } from './dynalite.ts';
import { type ItemWriter, storageKeyOf } from './item-writer.ts';
import { expiryPrefix } from './layout.ts';
import type { RequestTokens } from './request-tokens.ts';
import type { StreamLog, UserIdentity } from './stream-log.ts';
import type { Table, TableCatalogue } from './table-catalogue.ts';

// DynamoDB leaves alone what expired more than five years ago: a wrong unit should not empty a table.
const OLDEST_SECONDS = 5 * 365 * 24 * 60 * 60;
const CHUNK_SIZE = 100;

const ttlService: UserIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

interface SweepParts {
  database: Database;
  committer: Committer;
  catalogue: TableCatalogue;
  writer: ItemWriter;
  streams: StreamLog;
  tokens: RequestTokens;
  clock: () => number;
}

/** Removes expired items, old stream records and old request tokens; returns how many items it removed. */
export async function sweep(parts: SweepParts): Promise<number> {
  const { catalogue, committer, streams, tokens } = parts;
  let count = 0;
  for (const tableName of catalogue.listNames()) {
    const table = catalogue.find(tableName);
    if (table?.settings.ttlAttribute !== undefined) count += await removeExpired(table, parts);
    await streams.trim(tableName);
  }
  const forgotten = await tokens.forgetExpired();
  if (forgotten.length > 0) await committer.commit(forgotten);
  return count;
}

async function removeExpired(table: Table, { database, writer, clock }: SweepParts): Promise<number> {
  const tableName = table.record.TableName;
  const now = Math.floor(clock() / 1000);
  const oldest = Math.max(0, now - OLDEST_SECONDS);
  const range = {
    gte: expiryPrefix(tableName) + toExpiryText(oldest),
    lt: expiryPrefix(tableName) + toExpiryText(now),
    limit: CHUNK_SIZE,
  };
  let count = 0;
  for (;;) {
    const keys = (await database.values(range).all()) as string[];
    const targets = keys.map((key) => ({ table, key }));
    const removed = await writer.write({
      targets,
      userIdentity: ttlService,
      run: async (overlay) => {
        // Another request may have changed an item since its entry was read.
        const expired = targets.filter((target) => {
          const item = overlay.readBefore(storageKeyOf(target));
          const expiry = item && readExpiry(item, table);
          return expiry !== undefined && expiry >= oldest && expiry < now;
        });
        for (const { key } of expired) overlay.store.getItemDb(tableName).del(key, () => {});
        return expired.length;
      },
    });
    if (removed === 0) return count;
    count += removed;
  }
}
