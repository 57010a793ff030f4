import type { Bundle, FhirResource } from 'fhir/r4.js';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { warningOutcome } from './operation-outcome.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { rewriteReferences } from './references.ts';
import { type SearchSetEntry, searchSet } from './search-set.ts';

interface EntryLike {
  readonly entryId: string;
  readonly source: { readonly ods: string; readonly local: string };
  readonly version: number;
  readonly validFrom: string;
  readonly resource: FhirResource;
}

interface PageLike {
  readonly person: GoldenPerson;
  readonly firstPage: boolean;
  readonly entries: readonly EntryLike[];
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
    resource: servedResource(held, personId),
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

function servedResource({ resource, ...held }: EntryLike, personId: string): FhirResource {
  const served = rewriteReferences(resource, (reference) =>
    reference === `Patient/${held.source.local}` ? `Patient/${personId}` : reference,
  );
  const { meta } = resource;
  return {
    ...served,
    id: held.entryId,
    meta: {
      ...meta,
      versionId: String(held.version),
      lastUpdated: held.validFrom,
      source: `urn:nhs:ods:${held.source.ods}`,
    },
  };
}
