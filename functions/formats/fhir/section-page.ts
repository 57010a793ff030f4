import type { Bundle } from 'fhir/r4.js';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { warningOutcome } from './operation-outcome.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { type SearchSetEntry, searchSet } from './search-set.ts';
import { type ServedEntry, serveEntry } from './served-entry.ts';

interface PageLike {
  readonly person: GoldenPerson;
  readonly firstPage: boolean;
  readonly entries: readonly ServedEntry[];
  readonly withheld: boolean;
  readonly next?: string;
}

/** One page of a section as a searchset: each entry under its opaque id, with its source organisation and feed time. */
export function writeSectionPage(
  section: SectionCode,
  page: PageLike,
  links: { self: string; baseUrl: string; count: number },
): Bundle {
  const { personId } = page.person;
  const entries: SearchSetEntry[] = page.entries.map((held) => ({
    fullUrl: `${links.baseUrl}/${held.resource.resourceType}/${held.entryId}`,
    resource: serveEntry(held, personId),
  }));
  if (section === 'demographics' && page.firstPage)
    entries.unshift({ fullUrl: `${links.baseUrl}/Patient/${personId}`, resource: writePatient(page.person) });
  if (page.withheld)
    entries.push({
      mode: 'outcome',
      resource: warningOutcome('suppressed', 'Items of this section are confidential and are not shown.'),
    });
  const self = `${links.self}?_count=${links.count}`;
  return searchSet({
    entries,
    links: [
      { relation: 'self', url: self },
      ...(page.next ? [{ relation: 'next', url: `${self}&_cursor=${page.next}` }] : []),
    ],
  });
}
