import type { Caller } from '../domain/access/caller.ts';
import { mayReadSection } from '../domain/access/decide-access.ts';
import { organisationName } from '../domain/access/region-policy.ts';
import type { EntryFilter } from '../domain/record/entry-filter.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import type { Person } from '../store/person.ts';
import { openRecord } from './open-record.ts';
import { type EntryPosition, type EntryRequest, readEntries, type ShownEntry } from './read-entries.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What is asked of several sections at once. */
export interface RecordRequest {
  readonly personId: string;
  readonly sections: readonly [SectionCode, ...SectionCode[]];
  readonly order: NonNullable<EntryRequest['order']>;
  readonly filter: EntryFilter;
  readonly count: number;
  /** The record as it was at this instant. */
  readonly asOf?: string | undefined;
  readonly cursor?: string | undefined;
  /** Names the operation and its filter: a cursor is good for the same query alone. */
  readonly query: string;
}

/** One page of several sections, as far as the caller may open them. */
export interface RecordPage {
  readonly person: Person;
  readonly isFirst: boolean;
  readonly entries: readonly ShownEntry[];
  /** Something was kept back; neither how much, nor whose, nor what. */
  readonly withheld: boolean;
  /** Names of the organisations whose records could not be read in time. */
  readonly silent: readonly string[];
  readonly next?: string;
}

/** Reads one page of at most `count` entries over several sections; refused where the caller may open none of them. */
export async function readRecord(
  region: Region,
  caller: Caller,
  request: RecordRequest,
): Promise<Result<RecordPage>> {
  const { policy, store } = region;
  const { count, cursor, filter, order } = request;
  const sections = request.sections.filter((section) => mayReadSection(policy, caller, section));
  const need = sections.length > 0 ? {} : { section: request.sections[0] };
  const opened = await openRecord(region, caller, request.personId, {
    permission: 'record.read',
    asOf: request.asOf,
    ...need,
  });
  if (!opened.ok) return opened;
  const { person } = opened.value;
  const binding = `${request.query} ${caller.organisation} ${caller.subject} ${person.personId}`;
  const from = cursor ? openCursor<EntryPosition>(store.keys, binding, cursor, store.now()) : undefined;
  if (cursor && !from)
    return refuse('INVALID_REQUEST', {
      personId: person.personId,
      issues: ['_cursor: not a cursor of this query'],
    });
  const page = await readEntries(region, opened.value, { sections, count, filter, from, order });
  const silent = page.answers.filter(({ found }) => found === 'silent');
  return {
    ok: true,
    value: {
      person,
      isFirst: !cursor,
      entries: page.entries,
      withheld: page.withheld,
      silent: [...new Set(silent.map(({ source }) => organisationName(policy, source.ods)))],
      ...(page.next && { next: sealCursor(store.keys, binding, page.next, store.now()) }),
    },
  };
}
