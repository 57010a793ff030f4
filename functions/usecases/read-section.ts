import type { Caller } from '../domain/access/caller.ts';
import type { SectionCode } from '../domain/record/section-codes.ts';
import type { ClinicalEntry } from '../store/clinical-entry.ts';
import { openCursor, sealCursor } from '../store/cursor.ts';
import type { Person } from '../store/person.ts';
import { openRecord } from './open-record.ts';
import { type EntryPosition, readEntries } from './read-entries.ts';
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
    ? openCursor<EntryPosition>(store.keys, binding, request.cursor, store.now())
    : undefined;
  if (request.cursor && !position)
    return refuse('INVALID_REQUEST', { personId, issues: ['_cursor: not a cursor of this query'] });

  const page = await readEntries(region, opened.value, { sections: [section], count, from: position });
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
