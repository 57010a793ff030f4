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
