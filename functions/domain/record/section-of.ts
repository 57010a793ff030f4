import { codesOf, wordsOf } from './codings.ts';
import type { SectionCode } from './section-codes.ts';

/** A resource as far as filing needs it: its type, and whatever else the sender wrote. */
export interface FiledResource {
  readonly resourceType: string;
  readonly [element: string]: unknown;
}

/** Types that always go to one section. */
const sectionByType: ReadonlyMap<string, SectionCode> = new Map([
  ['RelatedPerson', 'demographics'],
  ['CareTeam', 'teams'],
  ['Appointment', 'appointments'],
  ['Condition', 'conditions'],
  ['FamilyMemberHistory', 'conditions'],
  ['MedicationRequest', 'medications'],
  ['MedicationStatement', 'medications'],
  ['MedicationDispense', 'medications'],
  ['MedicationAdministration', 'medications'],
  ['AllergyIntolerance', 'allergies'],
  ['Flag', 'alerts'],
  ['RiskAssessment', 'alerts'],
  ['Specimen', 'results'],
  ['ImagingStudy', 'imaging'],
  ['Communication', 'documents'],
  ['CarePlan', 'care-plans'],
  ['Goal', 'care-plans'],
  ['ServiceRequest', 'care-plans'],
  ['RequestGroup', 'care-plans'],
  ['EpisodeOfCare', 'community'],
  ['Immunization', 'immunisations'],
  ['Procedure', 'procedures'],
]);

/** Observation categories (terminology.hl7.org observation-category) that leave the results. */
const sectionByObservationCategory: ReadonlyMap<string, SectionCode> = new Map([
  ['social-history', 'social'],
  ['imaging', 'imaging'],
]);

/** HL7 table 0074 services that take pictures, LOINC's and SNOMED CT's word for radiology. */
const imagingReportCodes = new Set([
  'RAD',
  'IMG',
  'CT',
  'RX',
  'RUS',
  'OUS',
  'CUS',
  'VUS',
  'NMR',
  'NMS',
  'XRC',
  'LP29684-5',
  '394914008',
  '722124004',
]);

/**
 * SNOMED CT document types that are plans (NHSDigital/NRLF, pointer types, and 734163000 "Care plan" as UK Core
 * examples have it): a crew looks for a crisis plan under plans, whoever sent it as a document.
 */
const planDocumentCodes = new Set([
  '734163000',
  '736253002',
  '736373009',
  '736366004',
  '735324008',
  '887701000000100',
  '861421000000109',
  '325691000000100',
  '1382601000000107',
]);

/** SNOMED CT codes of GP Connect's primary lists (nhsconnect/gpconnect, "Using lists to return data"), by section. */
const sectionByListCode: ReadonlyMap<string, SectionCode> = new Map([
  ['886921000000105', 'allergies'],
  ['1103671000000101', 'allergies'],
  ['933361000000108', 'medications'],
  ['717711000000103', 'conditions'],
  ['887191000000108', 'results'],
  ['1102181000000102', 'immunisations'],
  ['792931000000107', 'care-plans'],
  ['823701000000100', 'documents'],
  // "Miscellaneous record": GP Connect's uncategorised data, which are observations.
  ['826501000000100', 'results'],
]);

const ambulanceWords = /\b(?:ambulance|paramedic)/i;
const communityWords =
  /\b(?:community|mental health|psychiatr|camhs|addiction|substance misuse|district nurs|health visit)/i;

function isSection(section: SectionCode | undefined): section is SectionCode {
  return section !== undefined;
}

/**
 * Ambulance: class FLD (in the field) or a service that says so. Community: class HH (at home) or a community,
 * mental health or addiction service. Every other contact stands with the appointments.
 */
function sectionOfEncounter(resource: FiledResource): SectionCode {
  const classes = codesOf(resource.class);
  const words = wordsOf(resource.serviceType, resource.type).join('\n');
  if (classes.includes('FLD') || ambulanceWords.test(words)) return 'ambulance';
  if (classes.includes('HH') || communityWords.test(words)) return 'community';
  return 'appointments';
}

/**
 * The section in which a resource is filed; undefined for supporting resources (Practitioner, Organization,
 * Medication, Device …), for lists of an unknown kind and for types that are no part of the record.
 */
export function sectionOf(resource: FiledResource): SectionCode | undefined {
  const { resourceType } = resource;
  switch (resourceType) {
    case 'Observation': {
      const categories = codesOf(resource.category);
      return categories.map((code) => sectionByObservationCategory.get(code)).find(isSection) ?? 'results';
    }
    case 'DiagnosticReport':
      return codesOf(resource.category, resource.code).some((code) => imagingReportCodes.has(code))
        ? 'imaging'
        : 'results';
    case 'DocumentReference':
    case 'Composition':
      return codesOf(resource.type, resource.category).some((code) => planDocumentCodes.has(code))
        ? 'care-plans'
        : 'documents';
    case 'Encounter':
      return sectionOfEncounter(resource);
    case 'List': {
      return codesOf(resource.code)
        .map((code) => sectionByListCode.get(code))
        .find(isSection);
    }
    default:
      return sectionByType.get(resourceType);
  }
}
