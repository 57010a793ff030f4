import type { FhirResource } from 'fhir/r4.js';
import { sensitiveLabels } from '../../domain/access/sensitive-labels.ts';
import { clinicalDate, malformedDates } from '../../domain/record/clinical-date.ts';
import type { SectionCode } from '../../domain/record/section-codes.ts';
import { type FiledResource, sectionOf } from '../../domain/record/section-of.ts';
import { attachmentIssues } from './attachments.ts';
import { elementIssues } from './element-issues.ts';
import { elementShapes } from './elements.ts';
import { fhirIdPattern, nhsNumberSystem } from './identifier-systems.ts';
import { readInstant } from './instant.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { ReadResult } from './read-result.ts';
import { patientIdOf } from './references.ts';

/** Whom an entry is about, as far as its sender says. */
export interface EntrySubject {
  /** The reference as sent: `Patient/<local id>`, a URL or a `urn:uuid:`. */
  readonly reference?: string;
  /** The business identifier of a logical reference, where it is no NHS number. */
  readonly identifier?: { readonly system: string; readonly value: string };
  /** The NHS number of a logical reference, as sent: never log or repeat it. */
  readonly nhsNumberText?: string;
}

/** One clinical resource as a sender's message. */
export interface ClinicalMessage {
  readonly resourceType: string;
  readonly id: string;
  readonly section: SectionCode;
  /** As functions/domain/record/clinical-date.ts makes it. */
  readonly date: string;
  readonly subject?: EntrySubject;
  /** The codes of `meta.security` and, on a document, of `securityLabel` and `confidentiality`. */
  readonly securityLabels: readonly string[];
  readonly enteredInError: boolean;
  /** The sender's time of this version, `YYYY-MM-DDThh:mm:ss.sssZ`: `meta.lastUpdated`. */
  readonly sentAt?: string;
  readonly resource: FhirResource;
}

/** Types that name the patient in `patient` rather than in `subject` (FHIR R4). */
const typesWithPatient = new Set([
  'AllergyIntolerance',
  'EpisodeOfCare',
  'FamilyMemberHistory',
  'Immunization',
  'RelatedPerson',
]);

/**
 * Types that stand behind clinical entries and are none themselves: accepted in a Bundle, reported as not stored. A
 * Medication and the body of a Binary stay in the entries that refer to them; references to the others are kept, with the
 * display text that the sender gave.
 */
const supportingTypes = new Set([
  'Binary',
  'Device',
  'Endpoint',
  'HealthcareService',
  'Location',
  'Medication',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Provenance',
  'Substance',
]);

/** True for a type that a Bundle may hold and that is not stored. */
export function isSupportingType(resourceType: string): boolean {
  return supportingTypes.has(resourceType);
}

/** True for a reference that names a Patient by its type: `Patient/…`, relative or absolute. */
export function namesPatient(reference: string): boolean {
  return patientIdOf(reference) !== undefined;
}

function asObjects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function toSubject(value: JsonValue | undefined): EntrySubject | undefined {
  if (!isJsonObject(value)) return undefined;
  const { identifier, reference } = value;
  const { system, value: text } = isJsonObject(identifier) ? identifier : {};
  const named = typeof system === 'string' && typeof text === 'string' ? { system, value: text } : undefined;
  if (typeof reference !== 'string' && !named) return undefined;
  return {
    ...(typeof reference === 'string' && { reference }),
    ...(named && (named.system === nhsNumberSystem ? { nhsNumberText: named.value } : { identifier: named })),
  };
}

/** An appointment's patient is one of its participants. */
function subjectOfAppointment(
  resource: JsonObject,
  isPatient: (reference: string) => boolean,
): EntrySubject | undefined {
  for (const { actor } of asObjects(resource.participant)) {
    const subject = toSubject(actor);
    if (subject === undefined) continue;
    const isNamedPatient = isJsonObject(actor) && actor.type === 'Patient';
    const { nhsNumberText, reference } = subject;
    if (isNamedPatient || nhsNumberText !== undefined || (reference !== undefined && isPatient(reference)))
      return subject;
  }
  return undefined;
}

function subjectOf(
  resource: JsonObject,
  isPatient: (reference: string) => boolean,
): EntrySubject | undefined {
  const { resourceType } = resource;
  if (resourceType === 'Appointment') return subjectOfAppointment(resource, isPatient);
  return toSubject(resource[typesWithPatient.has(String(resourceType)) ? 'patient' : 'subject']);
}

function codesOf(value: JsonValue | undefined): readonly string[] {
  return asObjects(value).flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
}

/**
 * Every label that could ask for care with the entry: those that it or a resource contained in it bears, and those of the
 * sensitive categories of which it tells. A label that cannot be read counts as restricted.
 */
function securityLabelsOf(resource: JsonObject): readonly string[] {
  const contained = asObjects(resource.contained).flatMap(ownLabelsOf);
  return [...new Set([...ownLabelsOf(resource), ...contained, ...sensitiveLabels(resource)])];
}

function ownLabelsOf(resource: JsonObject): readonly string[] {
  const { confidentiality, meta, securityLabel } = resource;
  const security = isJsonObject(meta) ? meta.security : undefined;
  const labels = asObjects(security);
  const documentLabels = asObjects(securityLabel).flatMap(({ coding }) => codesOf(coding));
  const unreadable =
    labels.length > codesOf(security).length || (security !== undefined && !Array.isArray(security));
  return [
    ...codesOf(security),
    ...documentLabels,
    ...(typeof confidentiality === 'string' ? [confidentiality] : []),
    ...(unreadable ? ['R'] : []),
  ];
}

function isEnteredInError({ docStatus, lifecycleStatus, status, verificationStatus }: JsonObject): boolean {
  const verification = isJsonObject(verificationStatus) ? codesOf(verificationStatus.coding) : [];
  return [status, docStatus, lifecycleStatus, ...verification].includes('entered-in-error');
}

function isClinical(_resource: unknown, issueCount: number): _resource is FhirResource {
  return issueCount === 0;
}

/**
 * Reads one clinical resource: its type, id and top-level elements must be FHIR R4's; what lies deeper is kept as sent.
 *
 * `isPatient` says which references of an Appointment's participants are to patients.
 */
export function readClinicalResource(
  resource: unknown,
  isPatient: (reference: string) => boolean = namesPatient,
): ReadResult<{ readonly entry: ClinicalMessage }> {
  if (!isJsonObject(resource)) return { ok: false, issues: ['resource: must be an object'] };
  const { id, resourceType } = resource;
  if (typeof resourceType !== 'string') return { ok: false, issues: ['resourceType: is missing'] };
  if (resourceType === 'Patient' || elementShapes(resourceType) === undefined)
    return { ok: false, issues: ['resourceType: not a clinical type that is accepted here'] };

  const issues = [...elementIssues(resource, resourceType)];
  if (id === undefined) issues.push(`${resourceType}.id: is missing`);
  else if (typeof id === 'string' && !fhirIdPattern.test(id))
    issues.push(`${resourceType}.id: must be a FHIR id`);
  const filed: FiledResource = { ...resource, resourceType };
  for (const element of malformedDates(filed)) issues.push(`${resourceType}.${element}: must be a FHIR date`);
  const lastUpdated = isJsonObject(resource.meta) ? resource.meta.lastUpdated : undefined;
  const sentAt = typeof lastUpdated === 'string' ? readInstant(lastUpdated) : undefined;
  if (lastUpdated !== undefined && sentAt === undefined)
    issues.push(`${resourceType}.meta.lastUpdated: must be a FHIR instant`);
  issues.push(...attachmentIssues(resource));
  const section = sectionOf(filed);
  if (section === undefined) issues.push(`${resourceType}.code: not a list that is accepted here`);

  const checked: unknown = resource;
  if (!isClinical(checked, issues.length) || section === undefined || typeof id !== 'string')
    return { ok: false, issues };
  const subject = subjectOf(resource, isPatient);
  return {
    ok: true,
    entry: {
      resourceType,
      id,
      section,
      date: clinicalDate(filed),
      ...(subject !== undefined && { subject }),
      securityLabels: securityLabelsOf(resource),
      enteredInError: isEnteredInError(resource),
      ...(sentAt !== undefined && { sentAt }),
      resource: checked,
    },
  };
}
