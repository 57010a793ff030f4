import type { Extension, FhirResource } from 'fhir/r4.js';
import { unknownDate } from '../../domain/record/clinical-date.ts';
import { odsCodeSystem } from './identifier-systems.ts';
import { rewriteReferences } from './references.ts';
import { withHarmlessNarratives } from './sender-narrative.ts';

/** An entry as far as an answer shows it. */
export interface ServedEntry {
  readonly entryId: string;
  readonly resourceType: string;
  readonly source: { readonly ods: string; readonly local: string };
  /** The sender as the region knows it: its name, and its kind as the care setting. */
  readonly organisation?: { readonly name: string; readonly type?: string };
  /** As domain/record/clinical-date.ts makes it. */
  readonly date: string;
  readonly version: number;
  readonly validFrom: string;
  /** The sender's own id, where it holds no identifier of the patient. */
  readonly senderId?: string;
  readonly resource: FhirResource;
}

/** Our extension on a resource that says where it comes from, once for each source that sent exactly this. */
export const entrySourceExtension = 'https://towpath.example/fhir/StructureDefinition/entry-source';

/**
 * The resource of an entry under its opaque id, about the person, with its source organisation and feed time. `duplicates`
 * say exactly the same: they are listed as further sources. Identifiers stay as the sender wrote them.
 */
export function serveEntry(
  entry: ServedEntry,
  personId: string,
  duplicates: readonly ServedEntry[] = [],
): FhirResource {
  const { resource } = entry;
  const served = withoutPlace(
    withHarmlessNarratives(
      rewriteReferences(resource, (reference) =>
        reference === `Patient/${entry.source.local}` ? `Patient/${personId}` : reference,
      ),
    ),
  );
  const own = 'extension' in served ? (served.extension ?? []) : [];
  const { meta } = resource;
  return {
    ...served,
    id: entry.entryId,
    meta: {
      ...meta,
      versionId: String(entry.version),
      lastUpdated: entry.validFrom,
      source: `urn:nhs:ods:${entry.source.ods}`,
    },
    ...('contained' in served && {
      contained: served.contained?.map((one) => withoutPlace(withoutMeta(one as FhirResource))),
    }),
    extension: [...own, ...[entry, ...duplicates].map(writeSource)],
  } as FhirResource;
}

/** FHIR lets a contained resource bear no label and no version of its own (dom-4, dom-5): the entry bears them. */
function withoutMeta({ meta: _, ...resource }: FhirResource): FhirResource {
  return resource as FhirResource;
}

/**
 * Where a relative lives stays behind, with the narrative that repeats it: a protected patient can be one, or live with one,
 * and nothing in the resource says so (PDS: S-flag).
 */
function withoutPlace(resource: FhirResource): FhirResource {
  if (resource.resourceType !== 'RelatedPerson') return resource;
  const { address: _, text: __, ...rest } = resource;
  return rest;
}

function writeSource({ date, organisation, senderId, validFrom, ...entry }: ServedEntry): Extension {
  const { name, type } = organisation ?? { name: entry.source.ods };
  const extension: Extension[] = [
    { url: 'organisation', valueReference: writeOrganisation(entry.source.ods, name) },
    ...(type ? [{ url: 'setting', valueCode: type }] : []),
    ...(date === unknownDate ? [] : [{ url: 'date', valueDateTime: date.length > 10 ? `${date}Z` : date }]),
    { url: 'received', valueInstant: validFrom },
    { url: 'entry', valueString: `${entry.resourceType}/${entry.entryId}` },
    ...(senderId ? [{ url: 'senderId', valueString: senderId }] : []),
  ];
  return { url: entrySourceExtension, extension };
}

/** A reference to an organisation by its ODS code, with its name. */
export function writeOrganisation(ods: string, name: string) {
  return { type: 'Organization', identifier: { system: odsCodeSystem, value: ods }, display: name };
}
