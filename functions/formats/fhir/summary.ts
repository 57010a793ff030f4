import type {
  Bundle,
  BundleEntry,
  CompositionSection,
  DomainResource,
  FhirResource,
  Organization,
} from 'fhir/r4.js';
import { unknownDate } from '../../domain/record/clinical-date.ts';
import type { Disagreement } from '../../domain/record/disagreement.ts';
import type { FoldedEntry } from '../../domain/record/fold-duplicates.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { entryDetail, entryName, entryState } from './entry-words.ts';
import { writeNarrative } from './narrative.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { closeReferences } from './references.ts';
import { type ServedEntry, serveEntry } from './served-entry.ts';
import {
  type MandatorySection,
  mandatoryPlaces,
  type SummaryPlace,
  summaryPlace,
} from './summary-sections.ts';

/** Why a section that a summary always has holds no entry. */
export type Emptiness =
  | 'none-known'
  | 'none-recorded'
  | 'none-current'
  | 'not-shared'
  | 'not-open'
  | 'unavailable'
  | 'withheld';

/** What the document says of each {@link Emptiness}: FHIR's code (list-empty-reason) and the words that keep them apart. */
const emptyReasons: Readonly<Record<Emptiness, { readonly code: string; readonly text: string }>> = {
  'none-known': { code: 'nilknown', text: 'None known: a source has said so.' },
  'none-recorded': {
    code: 'notasked',
    text: 'Nothing is recorded by the organisations that share this. None of them has said that there is none.',
  },
  'none-current': { code: 'notasked', text: 'Nothing current is recorded; see the other sections.' },
  'not-shared': { code: 'unavailable', text: 'No organisation involved shares this with the reader.' },
  'not-open': { code: 'withheld', text: 'Not open to the role of the reader.' },
  unavailable: {
    code: 'unavailable',
    text: 'It could not be retrieved at this moment: that nothing is shown does not mean that nothing is recorded.',
  },
  withheld: { code: 'withheld', text: 'Items are confidential and are not shown.' },
};

/** An entry with its section of the record. */
type SummaryEntry = ServedEntry & { readonly section: SectionCode };

/** What a summary document is made of. */
export interface Summary {
  readonly person: GoldenPerson;
  readonly entries: readonly FoldedEntry<SummaryEntry>[];
  readonly disagreements: Partial<Record<SectionCode, readonly Disagreement[]>>;
  /** Why a mandatory section has no entry, where it has none. */
  readonly empty: Partial<Record<MandatorySection, Emptiness>>;
  readonly withheld: boolean;
  /** ODS codes of organisations whose records could not be read in time. */
  readonly silent: readonly string[];
  /** Only the newest entries of each section are here. */
  readonly isPartial: boolean;
  readonly nameOf: (ods: string) => string;
}

/** Where and when a summary is made. */
export interface SummaryOccasion {
  /** A UUID. */
  readonly id: string;
  /** ISO 8601 UTC instant. */
  readonly madeAt: string;
  /** The instant whose record it shows; the present one when absent. */
  readonly asOf?: string | undefined;
  readonly baseUrl: string;
  readonly region: { readonly region: string; readonly name: string };
}

/** The type of the document, LOINC 60591-5. */
const summaryType = {
  coding: [{ system: 'http://loinc.org', code: '60591-5', display: 'Patient summary Document' }],
};

/** Under which the document says of itself what it does not show. */
const completeness: SummaryPlace = {
  system: 'https://towpath.example/fhir/CodeSystem/summary-section',
  code: 'completeness',
  title: 'About this summary',
};

/**
 * The International Patient Summary of one person (hl7.fhir.uv.ips 2.0.0): a document Bundle, its Composition first, then the
 * Patient, the region as author and custodian, and every entry. Each reference leads to something in the Bundle; what would
 * lead out of it keeps its words alone.
 */
export function writeSummary(summary: Summary, occasion: SummaryOccasion): Bundle {
  const { baseUrl, id, madeAt, region } = occasion;
  const { person } = summary;
  const patient = writePatient(person);
  const organisation: Organization = { resourceType: 'Organization', id: region.region, name: region.name };
  const carried = summary.entries.filter(({ entry }) => isCarried(entry));
  const served = carried.map(({ duplicates, entry }) =>
    withoutNarrative(serveEntry(entry, person.personId, duplicates)),
  );
  const held = new Set([patient, organisation, ...served].map(addressOf));
  const author = { reference: addressOf(organisation), display: region.name };
  const composition: FhirResource = {
    resourceType: 'Composition',
    id,
    language: 'en-GB',
    status: 'final',
    type: summaryType,
    subject: { reference: addressOf(patient) },
    date: occasion.asOf ?? madeAt,
    author: [author],
    title: occasion.asOf
      ? `International Patient Summary as it was at ${occasion.asOf}`
      : 'International Patient Summary',
    confidentiality: 'N',
    custodian: author,
    section: [...sectionsOf(summary), aboutThis(summary)],
  };
  const resources = [composition, patient, organisation, ...served.map((one) => closeReferences(one, held))];
  return {
    resourceType: 'Bundle',
    id,
    language: 'en-GB',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    type: 'document',
    timestamp: madeAt,
    entry: resources.map(
      (resource): BundleEntry => ({ fullUrl: `${baseUrl}/${addressOf(resource)}`, resource }),
    ),
  };
}

/** The resource without its sender's markup, which would be shown beside this document's own. */
function withoutNarrative(resource: FhirResource): FhirResource {
  const { contained, text: _, ...rest } = resource as DomainResource;
  return {
    ...rest,
    ...(contained && { contained: contained.map((one) => withoutNarrative(one as FhirResource)) }),
  } as FhirResource;
}

function addressOf({ id, resourceType }: FhirResource): string {
  return `${resourceType}/${id}`;
}

/** A document has one Composition, its own: another one is listed, and read in its section of the record. */
function isCarried({ resourceType }: ServedEntry): boolean {
  return resourceType !== 'Composition';
}

function sectionsOf({ disagreements, empty, entries, nameOf }: Summary): CompositionSection[] {
  const places = new Map<string, { place: SummaryPlace; entries: Summary['entries'][number][] }>();
  for (const place of Object.values(mandatoryPlaces)) places.set(place.code, { place, entries: [] });
  for (const folded of entries) {
    const place = summaryPlace(folded.entry.section, folded.entry.resource);
    const held = places.get(place.code) ?? { place, entries: [] };
    held.entries.push(folded);
    places.set(place.code, held);
  }
  const reasons = new Map<string, Emptiness>(
    Object.entries(mandatoryPlaces).map(([section, { code }]) => [
      code,
      empty[section as MandatorySection] ?? 'none-current',
    ]),
  );
  return [...places.values()].map(({ place, entries: listed }) => {
    const isEmpty = listed.length === 0;
    const { code, text } = emptyReasons[reasons.get(place.code) ?? 'none-recorded'];
    const references = listed
      .filter(({ entry }) => isCarried(entry))
      .map(({ entry }) => ({ reference: `${entry.resourceType}/${entry.entryId}` }));
    const differences = Object.entries(mandatoryPlaces).flatMap(([section, { code: own }]) =>
      own === place.code ? (disagreements[section as MandatorySection] ?? []).map(wordsOf) : [],
    );
    return {
      title: place.title,
      code: { coding: [{ system: place.system, code: place.code, display: place.title }] },
      text: isEmpty
        ? writeNarrative([text])
        : writeNarrative(differences, ['What', 'Detail', 'When', 'State', 'From'], listed.map(rowOf)),
      ...(references.length > 0 && { entry: references }),
      ...(isEmpty && {
        emptyReason: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/list-empty-reason', code }],
          text,
        },
      }),
    };
  });

  function wordsOf({ about, sides }: Disagreement): string {
    const words = sides.map(({ ods, says }) => `${nameOf(ods)}: ${says}`).join('; ');
    return `Organisations differ on ${about}. ${words}.`;
  }

  function rowOf({ duplicates, entry }: Summary['entries'][number]): string[] {
    const { date, resource } = entry;
    const from = [entry, ...duplicates].map(({ source }) => nameOf(source.ods));
    const when = date === unknownDate ? '' : date.length > 10 ? `${date.replace('T', ' ')} UTC` : date;
    return [
      entryName(resource),
      entryDetail(resource),
      when,
      entryState(resource),
      [...new Set(from)].toSorted().join(', '),
    ];
  }
}

/** What the document says of itself: what it leaves out, and why. */
function aboutThis({ isPartial, nameOf, silent, withheld }: Summary): CompositionSection {
  const { code, system, title } = completeness;
  return {
    title,
    code: { coding: [{ system, code, display: title }] },
    text: writeNarrative([
      'Made from what organisations of the region share. It may be incomplete: not every organisation shares everything.',
      ...(isPartial
        ? ['The record is larger than a summary can be: each section shows its newest entries only.']
        : []),
      ...silent.map((ods) => `${nameOf(ods)} could not be asked at this moment: what it holds is not here.`),
      ...(withheld ? ['Items are confidential and are not shown.'] : []),
    ]),
  };
}
