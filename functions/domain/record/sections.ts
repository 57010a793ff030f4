import type { SectionCode } from './section-codes.ts';

/** What a section is to people and to other systems. */
export interface Section {
  readonly title: string;
  /** Code of CodeSystem UKCore-RecordStandardHeadings (PRSB Core Information Standard). */
  readonly prsbHeading: string;
  /** Section code of the International Patient Summary, where it has one. */
  readonly loinc?: string;
  /** Types that can be filed here; {@link sectionOf} decides for one resource. */
  readonly resourceTypes: readonly string[];
}

/** The sections with their PRSB heading, LOINC code and FHIR types. */
export const sections: Readonly<Record<SectionCode, Section>> = {
  demographics: {
    title: 'Contact details',
    prsbHeading: 'person-demographics',
    // A relative or carer is a way to reach the person: PRSB files both under contact details.
    resourceTypes: ['Patient', 'RelatedPerson'],
  },
  teams: {
    title: 'Involved teams',
    prsbHeading: 'professional-contacts',
    resourceTypes: ['CareTeam'],
  },
  appointments: {
    title: 'Appointments and contacts',
    prsbHeading: 'future-appointments',
    loinc: '46240-8',
    resourceTypes: ['Appointment', 'Encounter'],
  },
  conditions: {
    title: 'Conditions',
    prsbHeading: 'problems-and-issues',
    loinc: '11450-4',
    // The family's conditions are read beside the person's own.
    resourceTypes: ['Condition', 'FamilyMemberHistory', 'List'],
  },
  medications: {
    title: 'Medicines',
    prsbHeading: 'medications-and-medical-devices',
    loinc: '10160-0',
    resourceTypes: [
      'MedicationRequest',
      'MedicationStatement',
      'MedicationDispense',
      'MedicationAdministration',
      'List',
    ],
  },
  allergies: {
    title: 'Allergies and adverse reactions',
    prsbHeading: 'allergies-and-adverse-reaction',
    loinc: '48765-2',
    resourceTypes: ['AllergyIntolerance', 'List'],
  },
  alerts: {
    title: 'Alerts and risks',
    prsbHeading: 'safety-alerts',
    loinc: '104605-1',
    resourceTypes: ['Flag', 'RiskAssessment'],
  },
  results: {
    title: 'Test results and observations',
    prsbHeading: 'investigation-results',
    loinc: '30954-2',
    resourceTypes: ['DiagnosticReport', 'Observation', 'Specimen', 'List'],
  },
  imaging: {
    title: 'Imaging',
    prsbHeading: 'investigation-results',
    loinc: '30954-2',
    resourceTypes: ['DiagnosticReport', 'ImagingStudy', 'Observation'],
  },
  documents: {
    title: 'Letters and discharge summaries',
    prsbHeading: 'documents-including-correspondence-audio-and-images',
    resourceTypes: ['DocumentReference', 'Composition', 'Communication', 'List'],
  },
  'care-plans': {
    title: 'Care plans and requested actions',
    prsbHeading: 'plan-and-requested-actions',
    loinc: '18776-5',
    resourceTypes: [
      'CarePlan',
      'Goal',
      'ServiceRequest',
      'RequestGroup',
      'DocumentReference',
      'Composition',
      'List',
    ],
  },
  community: {
    title: 'Community and mental health care',
    prsbHeading: 'contact-with-professionals',
    resourceTypes: ['Encounter', 'EpisodeOfCare'],
  },
  ambulance: {
    title: 'Ambulance',
    prsbHeading: 'incident-details',
    loinc: '8716-3',
    resourceTypes: ['Encounter'],
  },
  immunisations: {
    title: 'Immunisations',
    prsbHeading: 'immunisations',
    loinc: '11369-6',
    resourceTypes: ['Immunization', 'List'],
  },
  procedures: {
    title: 'Procedures',
    prsbHeading: 'procedures',
    loinc: '47519-4',
    resourceTypes: ['Procedure'],
  },
  social: {
    title: 'Social context',
    prsbHeading: 'social-context',
    loinc: '29762-2',
    resourceTypes: ['Observation'],
  },
};
