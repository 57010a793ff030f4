import type { Caller } from '../domain/access/caller.ts';
import { entryVisibility } from '../domain/access/entry-visibility.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { type ClinicalEntry, queryEntries } from '../store/clinical-entry.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import { type SourceRef, sourcePartition } from '../store/keys.ts';
import type { Person } from '../store/person.ts';
import { openRecord } from './open-record.ts';
import { readableSources } from './readable-sources.ts';
import { type Region, type Result, refuse } from './region.ts';

/** One page of a section, newest first over all sources. */
export interface SectionPage {
  readonly person: Person;
  /** The golden Patient stands at the head of the first page of `demographics`. */
  readonly firstPage: boolean;
  readonly entries: readonly ClinicalEntry[];
  /** Something was kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  readonly next?: string;
}

/** The sort key behind which each source goes on; a source that is not named starts at its newest entry. */
type Position = Readonly<Record<string, string>>;

/** Reads one page of at most `count` entries, from a sealed cursor on when one is given. */
export async function readSection(
  region: Region,
  caller: Caller,
  request: { personId: string; section: SectionCode; count: number; cursor?: string | undefined },
): Promise<Result<SectionPage>> {
  const { section, count } = request;
  const { store } = region;
  const opened = await openRecord(region, caller, request.personId, {
    permission: 'record.read',
    section,
  });
  if (!opened.ok) return opened;
  const { personId } = opened.value.person;
  const binding = `read-section ${caller.organisation} ${caller.subject} ${personId} ${section}`;
  const position = request.cursor
    ? openCursor<Position>(store.keys, binding, request.cursor, store.now())
    : {};
  if (!position)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });

  const sources = readableSources(region, caller, opened.value, section);
  const page = await mergeNewestFirst(region, caller, sources, section, count, position);
  return {
    ok: true,
    value: {
      person: opened.value.person,
      firstPage: !request.cursor,
      entries: page.entries,
      withheld: page.withheld,
      ...(page.next && { next: sealCursor(store.keys, binding, page.next, store.now()) }),
    },
  };
}

/** Merges the sources' pages by sort key; hidden entries are passed over, so that a page is short only at the end. */
async function mergeNewestFirst(
  { store }: Region,
  caller: Caller,
  sources: readonly SourceRef[],
  section: SectionCode,
  count: number,
  from: Position,
): Promise<{ entries: ClinicalEntry[]; withheld: boolean; next?: Position }> {
  const position: Record<string, string> = { ...from };
  const lanes = await Promise.all(
    sources.map(async (source) => {
      const name = sourcePartition(source);
      const entries = iterate(store, source, section, count + 1, from[name]);
      return { name, entries, head: await entries.next() };
    }),
  );
  const entries: ClinicalEntry[] = [];
  let withheld = false;
  for (;;) {
    let newest: (typeof lanes)[number] | undefined;
    for (const lane of lanes)
      if (!lane.head.done && (!newest || newest.head.done || lane.head.value.SK > newest.head.value.SK))
        newest = lane;
    if (!newest || newest.head.done) return { entries, withheld };
    const entry = newest.head.value;
    const visibility = entryVisibility(caller, { ...entry, ods: entry.source.ods });
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
