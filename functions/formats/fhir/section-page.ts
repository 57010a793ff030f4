import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4.js';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { warningOutcome } from './operation-outcome.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { rewriteReferences } from './references.ts';

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
  const entry: BundleEntry[] = page.entries.map((held) => ({
    fullUrl: `${links.baseUrl}/${held.resource.resourceType}/${held.entryId}`,
    resource: servedResource(held, personId),
    search: { mode: 'match' },
  }));
  if (section === 'demographics' && page.firstPage)
    entry.unshift({
      fullUrl: `${links.baseUrl}/Patient/${personId}`,
      resource: writePatient(page.person),
      search: { mode: 'match' },
    });
  if (page.withheld)
    entry.push({
      resource: warningOutcome('suppressed', 'Items of this section are confidential and are not shown.'),
      search: { mode: 'outcome' },
    });
  const query = `?_count=${links.count}`;
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [
      { relation: 'self', url: `${links.self}${query}` },
      ...(page.next ? [{ relation: 'next', url: `${links.self}${query}&_cursor=${page.next}` }] : []),
    ],
    ...(entry.length > 0 && { entry }),
  };
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
