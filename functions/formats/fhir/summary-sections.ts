import type { FhirResource } from 'fhir/r4.js';
import { statusesOf } from '../../domain/record/entry-filter.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { sections } from '../../domain/record/sections.ts';

/** A section of the summary document. */
export interface SummaryPlace {
  readonly system: string;
  readonly code: string;
  readonly title: string;
}

const loincSystem = 'http://loinc.org';
const headingSystem = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-RecordStandardHeadings';

const loinc = (code: string, title: string): SummaryPlace => ({ system: loincSystem, code, title });

/** The three sections that an International Patient Summary always has, and the sections of the record behind them. */
export const mandatoryPlaces = {
  conditions: loinc('11450-4', 'Problems'),
  medications: loinc('10160-0', 'Medicines'),
  allergies: loinc('48765-2', 'Allergies and intolerances'),
} as const satisfies Partial<Record<SectionCode, SummaryPlace>>;

/** A section of the record that the summary always has. */
export type MandatorySection = keyof typeof mandatoryPlaces;

const pastProblems = loinc('11348-0', 'Past problems');
const results = loinc('30954-2', 'Results');

/**
 * The types that the IPS composition takes in each of its sections (Composition-uv-ips of hl7.fhir.uv.ips 2.0.0), by section
 * of the record. Results and imaging are one section there.
 */
const ipsPlaces: Partial<
  Record<SectionCode, { readonly place: SummaryPlace; readonly types: readonly string[] }>
> = {
  conditions: { place: mandatoryPlaces.conditions, types: ['Condition'] },
  medications: {
    place: mandatoryPlaces.medications,
    types: ['MedicationStatement', 'MedicationRequest', 'MedicationAdministration', 'MedicationDispense'],
  },
  allergies: { place: mandatoryPlaces.allergies, types: ['AllergyIntolerance'] },
  alerts: { place: loinc('104605-1', 'Alerts'), types: ['Flag'] },
  immunisations: { place: loinc('11369-6', 'Immunisations'), types: ['Immunization'] },
  procedures: { place: loinc('47519-4', 'Procedures'), types: ['Procedure'] },
  results: { place: results, types: ['Observation', 'DiagnosticReport'] },
  imaging: { place: results, types: ['Observation', 'DiagnosticReport'] },
  'care-plans': { place: loinc('18776-5', 'Plan of care'), types: ['CarePlan', 'DocumentReference'] },
  social: { place: loinc('29762-2', 'Social history'), types: ['Observation'] },
};

const pastStates = new Set(['inactive', 'remission', 'resolved']);

/**
 * Where an entry stands in the summary: in the IPS section for its kind, else – teams, appointments, letters, and what IPS
 * has no type for – in a section under the PRSB heading of its section of the record, so that nothing is left out.
 */
export function summaryPlace(section: SectionCode, resource: FhirResource): SummaryPlace {
  const ips = ipsPlaces[section];
  if (!ips?.types.includes(resource.resourceType)) {
    const { prsbHeading, title } = sections[section];
    return { system: headingSystem, code: prsbHeading, title: ips ? `${title}: further entries` : title };
  }
  const isPast = section === 'conditions' && statusesOf(resource).some((state) => pastStates.has(state));
  return isPast ? pastProblems : ips.place;
}
