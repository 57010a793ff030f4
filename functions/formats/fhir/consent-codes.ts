/** Says what a Consent is about, where it is not about direct care: `national-data-opt-out`, `type-1`. */
export const objectionKindSystem = 'https://towpath.example/fhir/CodeSystem/objection-kind';

/** The sections of this record as codes of a provision. */
export const sectionSystem = 'https://towpath.example/fhir/CodeSystem/section';

/** Why it was recorded, in words. */
export const consentReasonExtension = 'https://towpath.example/fhir/StructureDefinition/consent-reason';

/** Who wrote it down: FHIR's `organization` is on whose behalf, its `performer` who asked. */
export const consentRecordedByExtension =
  'https://towpath.example/fhir/StructureDefinition/consent-recorded-by';

export const loincSystem = 'http://loinc.org';
export const participationSystem = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';

/** HL7 v3 participation: the custodian's data are kept back, or the information recipient may not look. */
export const actorRoles = { sources: 'CST', viewers: 'IRCP' } as const;

/** FHIR types of who asked, as `performer.type`. */
export const askerTypes = {
  patient: 'Patient',
  representative: 'RelatedPerson',
  professional: 'Practitioner',
} as const;
