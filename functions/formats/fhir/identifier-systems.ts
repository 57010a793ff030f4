/** Identifier systems and extensions of UK Core that carry identity. */
export const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** The system of ODS codes. */
export const odsCodeSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';

/** UK Core's extension on the NHS number identifier: how far the number was traced. */
export const verificationStatusExtension =
  'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus';

/** The code system of {@link verificationStatusExtension}, for England. */
export const verificationStatusSystem =
  'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland';

/** HL7 v3 Confidentiality: N normal, R restricted (the PDS sensitivity flag), V very restricted. */
export const confidentialitySystem = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

/** A FHIR id: also what a local record id must be. */
export const fhirIdPattern = /^[A-Za-z0-9.-]{1,64}$/;

/**
 * Our extension on Patient for a birth date that no calendar has, as it was typed (`1861-15-24`). FHIR's birthDate cannot
 * hold it, and it is nobody's birth date; matching compares its digits.
 */
export const typedBirthDateExtension = 'https://towpath.example/fhir/StructureDefinition/birth-date-as-typed';
