import { batchGet } from './batch-get.ts';
import { feedKey } from './keys.ts';
import { instant, type Store, schemaVersion } from './store.ts';
import { transact } from './transaction.ts';

/** When an organisation's feed last brought a message, to the minute. */
export interface FeedStatus {
  readonly ods: string;
  /** ISO 8601 UTC instant. */
  readonly lastMessageAt: string;
}

/** The item is written once a minute at most, however many messages come: all of an organisation's would meet on it. */
const writtenEveryMilliseconds = 60_000;

/** When this execution environment has last written the status of each feed, by table. */
const written = new Map<string, number>();

/**
 * Notes that a message of the organisation was filed. It stands outside the message's transaction: a note that is lost is
 * made up for by the next message, and no message waits for another at this item.
 */
export async function noteMessage(store: Store, ods: string): Promise<void> {
  const now = store.now().getTime();
  const name = `${store.recordTable} ${ods}`;
  if (now - (written.get(name) ?? 0) < writtenEveryMilliseconds) return;
  written.set(name, now);
  const Item = { ...feedKey(ods), type: 'FeedStatus', schemaVersion, ods, lastMessageAt: instant(store) };
  const before = new Date(now - writtenEveryMilliseconds).toISOString();
  const put = {
    TableName: store.recordTable,
    Item,
    // Another execution environment may have written it meanwhile.
    ConditionExpression: 'attribute_not_exists(PK) OR lastMessageAt <= :before',
    ExpressionAttributeValues: { ':before': before },
  };
  await transact(store, [{ item: { Put: put }, otherwise: 'written' }]).catch(() => written.delete(name));
}

/** The status of the feeds that ever brought a message, by ODS code. */
export async function getFeedStatuses(
  store: Store,
  organisations: Iterable<string>,
): Promise<ReadonlyMap<string, FeedStatus>> {
  const statuses = await batchGet<FeedStatus>(store, [...new Set(organisations)].map(feedKey), false);
  return new Map(statuses.map((status) => [status.ods, status]));
}
