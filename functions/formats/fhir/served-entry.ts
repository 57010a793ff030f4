import type { FhirResource } from 'fhir/r4.js';
import { rewriteReferences } from './references.ts';

/** An entry as far as an answer shows it. */
export interface ServedEntry {
  readonly entryId: string;
  readonly source: { readonly ods: string; readonly local: string };
  readonly version: number;
  readonly validFrom: string;
  readonly resource: FhirResource;
}

/** The resource of an entry under its opaque id, about the person, with its source organisation and feed time. */
export function serveEntry({ resource, ...held }: ServedEntry, personId: string): FhirResource {
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
