import {
  type EntryItem,
  type EntryOutline,
  type EntryPointer,
  type EntryRange,
  fromItem,
  getEntryPointers,
  type PlacedEntry,
  pointerName,
  queryEntries,
} from './clinical-entry.ts';
import { entryKey, historyPartition, type SourceRef, sectionPrefix, sourcePartition } from './keys.ts';
import { queryAll } from './query-all.ts';
import type { Store } from './store.ts';

/** A version of an entry, and, where it has been superseded since, the entry of now: both have a say in who may see it. */
export type EntryThen = PlacedEntry & { readonly now?: EntryPointer };

/** Asks for one page of a stretch of a source's entries, as {@link queryEntries} does. */
export type EntryQuery = (
  source: SourceRef,
  range: EntryRange,
  limit: number,
  after?: string,
  signal?: AbortSignal,
) => Promise<{ entries: EntryThen[]; more: boolean }>;

/** The entries of source records as they were at one instant. */
export interface EntriesThen {
  readonly query: EntryQuery;
  readonly outline: (source: SourceRef) => Promise<EntryOutline[]>;
  /** One entry; undefined when the source record did not hold it. */
  readonly get: (source: SourceRef, resourceType: string, entryId: string) => Promise<EntryThen | undefined>;
}

/** All entries of a source record: a range of sort keys. */
const everything: EntryRange = { from: sectionPrefix(), to: `${sectionPrefix()}~` };

/**
 * Opens the entries at the instant `asOf` (ISO 8601 UTC with milliseconds): of the current versions those that held already,
 * and of the superseded ones those whose [validFrom, validTo) it falls into. What a source has superseded is read whole,
 * once: such a read costs what the history of its sources is long.
 */
export function openEntriesThen(store: Store, asOf: string): EntriesThen {
  const histories = new Map<string, Promise<readonly PlacedEntry[]>>();
  const historyOf = (source: SourceRef, signal: AbortSignal | undefined) => {
    const name = sourcePartition(source);
    const history = histories.get(name) ?? readHistory(store, source, asOf, signal);
    histories.set(name, history);
    return history;
  };

  const query: EntryQuery = async (source, range, limit, after, signal) => {
    const history = await historyOf(source, signal);
    const unread = history.filter(
      ({ SK }) => SK >= range.from && SK <= range.to && (after === undefined || SK < after),
    );
    let position = after;
    for (;;) {
      const page = await queryEntries(store, source, range, limit, position, signal);
      position = page.entries.at(-1)?.SK;
      const more = page.more && position !== undefined;
      const current = page.entries.filter(({ validFrom }) => validFrom <= asOf);
      // Behind the end of this page come the entries of the next.
      const superseded = unread.filter(({ SK }) => !more || SK > (position ?? ''));
      // A page of versions that came later is passed over: an empty one would be taken for the end.
      if (current.length + superseded.length === 0 && more) continue;
      const entries = [...current, ...(await besideNow(store, superseded))];
      return { entries: entries.toSorted((one, other) => (one.SK < other.SK ? 1 : -1)), more };
    }
  };

  const all = async (source: SourceRef): Promise<EntryThen[]> => {
    const found: EntryThen[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await query(source, everything, 1_000, after);
      found.push(...page.entries);
      after = page.entries.at(-1)?.SK;
      if (!page.more || after === undefined) return found;
    }
  };
  return {
    query,
    outline: all,
    get: async (source, resourceType, entryId) =>
      (await all(source)).find((one) => one.resourceType === resourceType && one.entryId === entryId),
  };
}

/** The versions of a source record that held at the instant and have been superseded since. */
async function readHistory(
  store: Store,
  source: SourceRef,
  asOf: string,
  signal: AbortSignal | undefined,
): Promise<PlacedEntry[]> {
  const versions = await queryAll<EntryItem>(
    store,
    {
      KeyConditionExpression: 'PK = :history',
      FilterExpression: 'validFrom <= :then AND validTo > :then',
      ExpressionAttributeValues: { ':history': historyPartition(source), ':then': asOf },
    },
    signal,
  );
  return versions.map((version) => {
    const { date, entryId, resourceType, section } = version;
    return { ...fromItem(version), SK: entryKey(source, section, date, resourceType, entryId).SK };
  });
}

/** Superseded versions, each beside its entry of now. */
async function besideNow(store: Store, versions: readonly PlacedEntry[]): Promise<EntryThen[]> {
  const pointers = await getEntryPointers(store, versions);
  return versions.map((version) => {
    const now = pointers.get(pointerName(version));
    return { ...version, ...(now && { now }) };
  });
}
