import type { Bundle } from 'fhir/r4.js';
import { warningOutcome } from './operation-outcome.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { type SearchSetEntry, searchSet } from './search-set.ts';
import { type ServedEntry, serveEntry } from './served-entry.ts';

interface PageLike {
  readonly person: GoldenPerson;
  readonly entries: readonly ServedEntry[];
  readonly withheld: boolean;
  /** Names of organisations. */
  readonly silent: readonly string[];
  readonly next?: string;
}

/** Where a page is, and what stands on it beside the entries. */
export interface PagePlace {
  readonly baseUrl: string;
  /** The address of this query, without its cursor. */
  readonly self: string;
  /** The Patient stands at the head of the page. */
  readonly withPatient: boolean;
}

/**
 * One page of entries of several sections as a searchset. What is not there is said: a warning for each organisation that
 * could not be read, and one when something is withheld; never how much, whose or what.
 */
export function writeRecordPage(page: PageLike, { baseUrl, self, withPatient }: PagePlace): Bundle {
  const { personId } = page.person;
  const patient = { fullUrl: `${baseUrl}/Patient/${personId}`, resource: writePatient(page.person) };
  const warnings = [
    ...page.silent.map((name) =>
      warningOutcome('incomplete', `${name} could not be read in time: its entries are not here.`),
    ),
    ...(page.withheld ? [warningOutcome('suppressed', 'Items are confidential and are not shown.')] : []),
  ];
  const entries: SearchSetEntry[] = [
    ...(withPatient ? [patient] : []),
    ...page.entries.map((held) => ({
      fullUrl: `${baseUrl}/${held.resource.resourceType}/${held.entryId}`,
      resource: serveEntry(held, personId),
    })),
    ...warnings.map((resource) => ({ mode: 'outcome' as const, resource })),
  ];
  const next = page.next && `${self}&_cursor=${page.next}`;
  return searchSet({
    entries,
    links: [{ relation: 'self', url: self }, ...(next ? [{ relation: 'next', url: next }] : [])],
  });
}
