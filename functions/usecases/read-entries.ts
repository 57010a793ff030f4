import type { SectionCode } from '../domain/record/section-codes.ts';
import { type ClinicalEntry, queryEntries } from '../store/clinical-entry.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import type { OpenRecord } from './open-record.ts';
import type { Region } from './region.ts';

/** The sort key behind which each source goes on; a source that is not named starts at its newest entry. */
export type EntryPosition = Readonly<Record<string, string>>;

/** One page of entries that the caller may see, newest first over all sources. */
export interface EntryPage {
  readonly entries: readonly ClinicalEntry[];
  /** Something was kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  /** Where the next page begins; absent at the end. */
  readonly next?: EntryPosition;
}

/**
 * The entries of an opened record that its caller may see: every reader of entries goes through here. The sources' pages are
 * merged by sort key; hidden entries are passed over, so that a page is short only at the end.
 */
export async function readEntries(
  { store }: Region,
  record: OpenRecord,
  { count, from, section }: { section: SectionCode; count: number; from: EntryPosition },
): Promise<EntryPage> {
  const position: Record<string, string> = { ...from };
  const sources = record.sourcesOf(section);
  const lanes = await Promise.all(
    sources
      .filter(({ sharing }) => sharing === 'shared')
      .map(async ({ source }) => {
        const name = sourcePartition(source);
        const entries = iterate(store, source, section, count + 1, from[name]);
        return { name, entries, head: await entries.next() };
      }),
  );
  const entries: ClinicalEntry[] = [];
  let withheld = sources.some(({ sharing }) => sharing === 'withheld');
  for (;;) {
    let newest: (typeof lanes)[number] | undefined;
    for (const lane of lanes)
      if (!lane.head.done && (!newest || newest.head.done || lane.head.value.SK > newest.head.value.SK))
        newest = lane;
    if (!newest || newest.head.done) return { entries, withheld };
    const entry = newest.head.value;
    const visibility = record.visibilityOf({ ...entry, ods: entry.source.ods });
    if (visibility === 'shown' && entries.length === count) return { entries, withheld, next: position };
    if (visibility === 'shown') entries.push(entry);
    if (visibility === 'withheld') withheld = true;
    position[newest.name] = entry.SK;
    newest.head = await newest.entries.next();
  }
}

async function* iterate(
  store: Region['store'],
  source: SourceRef,
  section: SectionCode,
  limit: number,
  from: string | undefined,
) {
  let after = from;
  for (;;) {
    const page = await queryEntries(store, source, section, limit, after);
    yield* page.entries;
    after = page.entries.at(-1)?.SK;
    if (!page.more || !after) return;
  }
}
