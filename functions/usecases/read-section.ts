import type { Caller } from '../domain/access/caller.ts';
import { organisationName } from '../domain/access/region-policy.ts';
import { type Disagreement, findDisagreements, isCompared } from '../domain/record/disagreement.ts';
import type { EntryFilter } from '../domain/record/entry-filter.ts';
import { type FoldedEntry, foldDuplicates } from '../domain/record/fold-duplicates.ts';
import { noneKnown } from '../domain/record/none-known.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { type SourceFinding, type SourceState, stateSources } from '../domain/record/source-state.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import type { Person } from '../store/person.ts';
import { type OpenRecord, openRecord } from './open-record.ts';
import { type EntryPage, type EntryPosition, readEntries, type ShownEntry } from './read-entries.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What is asked of one section. */
export interface SectionRequest {
  readonly personId: string;
  readonly section: SectionCode;
  readonly count: number;
  readonly filter?: EntryFilter | undefined;
  /** Names the filter: a cursor is good for the same query alone. */
  readonly query: string;
  readonly cursor?: string | undefined;
  /** The section as it was at this instant. */
  readonly asOf?: string | undefined;
}

/** One page of a section, newest first over all sources. */
export interface SectionPage {
  readonly person: Person;
  /** The golden Patient, and what is said of the section as a whole, stand on the first page. */
  readonly firstPage: boolean;
  readonly entries: readonly FoldedEntry<ShownEntry>[];
  /** Something is kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  /** On the first page every organisation that shows nothing, on each page those that could not be read. */
  readonly sources: readonly { readonly ods: string; readonly name: string; readonly state: SourceState }[];
  /** On the first page of a section that is compared. */
  readonly disagreements: readonly Disagreement[];
  readonly nameOf: (ods: string) => string;
  readonly next?: string;
}

/** Reads one page of at most `count` entries, from a sealed cursor on when one is given. */
export async function readSection(
  region: Region,
  caller: Caller,
  request: SectionRequest,
): Promise<Result<SectionPage>> {
  const { asOf, count, filter, section } = request;
  const { policy, store } = region;
  const opened = await openRecord(region, caller, request.personId, {
    permission: 'record.read',
    section,
    asOf,
  });
  if (!opened.ok) return opened;
  const record = opened.value;
  const { personId } = record.person;
  const binding = `read-section ${caller.organisation} ${caller.subject} ${personId} ${section} ${request.query}`;
  const from = request.cursor
    ? openCursor<EntryPosition>(store.keys, binding, request.cursor, store.now())
    : undefined;
  if (request.cursor && !from)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });

  const page = await readEntries(region, record, { sections: [section], count, filter, from });
  const isWhole = !from && !filter;
  const states = statesOf(record, section, page, isWhole);
  const nameOf = (ods: string) => organisationName(policy, ods);
  return {
    ok: true,
    value: {
      person: record.person,
      firstPage: !from,
      entries: foldDuplicates(page.entries),
      withheld: page.withheld,
      sources: [...states].map(([ods, state]) => ({ ods, name: nameOf(ods), state })),
      disagreements:
        !from && isCompared(section) ? findDisagreements(section, statementsOf(page.newest)) : [],
      nameOf,
      ...(page.next && { next: sealCursor(store.keys, binding, page.next, store.now()) }),
    },
  };
}

/** What is said of each organisation: all that a whole first page can tell, and of any other page who was silent. */
function statesOf(
  record: OpenRecord,
  section: SectionCode,
  page: EntryPage,
  isWhole: boolean,
): Map<string, SourceState> {
  const states = stateSources(findingsOf(record, section, page), page.withheld);
  return new Map(
    [...states].filter(([, state]) => state === 'unavailable' || (isWhole && state !== 'recorded')),
  );
}

/** What was found of a section in each source record; one that was not asked has nothing. */
function findingsOf(record: OpenRecord, section: SectionCode, page: EntryPage): SourceFinding[] {
  const answers = new Map(page.answers.map(({ found, source }) => [keyOf(source), found]));
  const shown = Map.groupBy(page.newest, ({ source }) => keyOf(source));
  return record.sourcesOf(section).map(({ sharing, source }): SourceFinding => {
    const { ods } = source;
    if (sharing !== 'shared') return { ods, found: sharing };
    const found = answers.get(keyOf(source)) ?? 'none';
    if (found === 'none') return { ods, found: 'nothing' };
    if (found !== 'entries') return { ods, found };
    const entries = shown.get(keyOf(source)) ?? [];
    const saysNone =
      entries.length > 0 && entries.every(({ resource }) => noneKnown({ ...resource }) === 'all');
    return { ods, found: saysNone ? 'none-known' : 'shown' };
  });
}

function keyOf({ local, ods }: { readonly ods: string; readonly local: string }): string {
  return `${ods} ${local}`;
}

/** The entries as what their organisations state. */
export function statementsOf(entries: readonly ShownEntry[]) {
  return entries.map(({ date, entryId, resource, resourceType, source }) => ({
    ods: source.ods,
    reference: `${resourceType}/${entryId}`,
    date,
    resource: { ...resource },
  }));
}
