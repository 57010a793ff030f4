import type { Patient } from 'fhir/r4.js';
import * as z from 'zod';
import {
  type Demographics,
  isRealBirthDate,
  normalisePostcode,
  type PersonName,
} from '../../domain/identity/demographics.ts';
import { type NhsNumber, nhsNumberStatuses, parseNhsNumber } from '../../domain/identity/nhs-number.ts';
import { dateSortKey } from '../../domain/record/clinical-date.ts';
import { elementIssues } from './element-issues.ts';
import {
  fhirIdPattern,
  nhsNumberSystem,
  odsCodeSystem,
  typedBirthDateExtension,
  verificationStatusExtension,
} from './identifier-systems.ts';
import { readInstant } from './instant.ts';
import { isJsonObject } from './json.ts';
import type { ReadResult } from './read-result.ts';

/** The current NHS number of a message, valid or not. */
interface SentNhsNumber {
  /** As sent: never log or repeat it. */
  readonly text: string;
  readonly valid: boolean;
  /** Present when valid. */
  readonly nhsNumber?: NhsNumber;
  /** A code of `nhsNumberStatuses`; absent when the sender gave none that is known. */
  readonly status?: string;
}

/** A Patient as a sender's message about one person. */
export interface PatientMessage {
  /** The sender's own id of the person: `Patient.id`. */
  readonly localId: string;
  readonly nhsNumber?: SentNhsNumber;
  /** Valid numbers that the sender marks as no longer used (`use` old). */
  readonly supersededNhsNumbers: readonly NhsNumber[];
  readonly demographics: Demographics;
  /** `meta.lastUpdated` in UTC, `YYYY-MM-DDThh:mm:ss.sssZ`. */
  readonly sentAt?: string;
  readonly resource: Patient;
}

/** A Patient without its local id, as a search gives it. */
export type PatientDescription = Omit<PatientMessage, 'localId'>;

const coding = z.looseObject({ system: z.string().optional(), code: z.string().optional() });
const period = z.looseObject({ start: z.string().optional(), end: z.string().optional() }).optional();
// A null keeps the place of an entry that has only extensions.
const texts = z.array(z.string().nullable()).optional();

const identifier = z.looseObject({
  use: z.string().optional(),
  system: z.string().optional(),
  value: z.string().max(100).optional(),
  extension: z
    .array(
      z.looseObject({
        url: z.string(),
        valueCodeableConcept: z.looseObject({ coding: z.array(coding).optional() }).optional(),
      }),
    )
    .optional(),
  period,
});

const isInstant = (text: string) => readInstant(text) !== undefined;

/** The parts of a Patient that are read; {@link elementIssues} checks its top level. */
const patientParts = z.looseObject({
  resourceType: z.literal('Patient'),
  meta: z
    .looseObject({
      lastUpdated: z.string().refine(isInstant, 'must be a FHIR instant').optional(),
      security: z.array(coding).optional(),
    })
    .optional(),
  extension: z.array(z.looseObject({ url: z.string(), valueString: z.string().optional() })).optional(),
  identifier: z.array(identifier).max(100).optional(),
  name: z
    .array(
      z.looseObject({
        use: z.enum(['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden']).optional(),
        family: z.string().max(250).optional(),
        given: texts,
        prefix: texts,
        suffix: texts,
        period,
      }),
    )
    .max(100)
    .optional(),
  telecom: z
    .array(
      z.looseObject({
        system: z.string().optional(),
        value: z.string().optional(),
        use: z.string().optional(),
      }),
    )
    .optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  birthDate: z.string().refine(isRealBirthDate, 'must be a real calendar date').optional(),
  deceasedBoolean: z.boolean().optional(),
  deceasedDateTime: z
    .string()
    .refine((text) => dateSortKey(text) !== undefined, 'must be a FHIR date')
    .optional(),
  address: z
    .array(
      z.looseObject({
        use: z.enum(['home', 'work', 'temp', 'old', 'billing']).optional(),
        line: texts,
        postalCode: z.string().optional(),
        period,
      }),
    )
    .max(100)
    .optional(),
  generalPractitioner: z
    .array(z.looseObject({ reference: z.string().optional(), identifier: identifier.optional() }))
    .optional(),
});

type PatientParts = z.infer<typeof patientParts>;

/** `use` of a name, most fitting first; a name without `use` stands with the official ones' successors. */
const nameOrder = ['usual', 'official', undefined, 'temp', 'nickname', 'anonymous', 'maiden', 'old'];

const words: Readonly<Record<string, string>> = {
  invalid_type: 'has another type than FHIR R4 gives it',
  invalid_value: 'is none of the codes that FHIR R4 allows',
  too_big: 'is longer than is taken',
};

/** Turns zod's issues into paths and static words; its own messages could quote what was sent. */
function issuesOf(error: z.ZodError, root: string): readonly string[] {
  return error.issues.map(({ code, message, path }) => {
    const trail = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
    return `${root}${trail}: ${code === 'custom' ? message : (words[code] ?? 'is not as FHIR R4 has it')}`;
  });
}

/** Holds what the checks have shown: a resource without issues is the Patient of the type declarations. */
function isPatient(_resource: unknown, issueCount: number): _resource is Patient {
  return issueCount === 0;
}

function readNhsNumbers({
  identifier: identifiers = [],
}: PatientParts):
  | { readonly ok: true; readonly current?: SentNhsNumber; readonly superseded: readonly NhsNumber[] }
  | { readonly ok: false } {
  let current: SentNhsNumber | undefined;
  const superseded: NhsNumber[] = [];
  for (const { system, use, value: text, extension = [] } of identifiers) {
    if (system !== nhsNumberSystem || text === undefined) continue;
    const parsed = parseNhsNumber(text);
    if (use === 'old') {
      if (parsed.ok) superseded.push(parsed.nhsNumber);
      continue;
    }
    const status = extension
      .filter(({ url }) => url === verificationStatusExtension)
      .flatMap(({ valueCodeableConcept }) => valueCodeableConcept?.coding ?? [])
      .map(({ code }) => code)
      .find((code) => code !== undefined && Object.hasOwn(nhsNumberStatuses, code));
    const sent: SentNhsNumber = {
      text,
      valid: parsed.ok,
      ...(parsed.ok && { nhsNumber: parsed.nhsNumber }),
      ...(status !== undefined && { status }),
    };
    if (current !== undefined && (current.nhsNumber ?? current.text) !== (sent.nhsNumber ?? sent.text))
      return { ok: false };
    current ??= sent;
  }
  return { ok: true, ...(current !== undefined && { current }), superseded };
}

function readNames({ name: names = [] }: PatientParts): readonly PersonName[] {
  return names
    .map((name, position) => ({ name, rank: nameOrder.indexOf(name.use), position }))
    .sort((first, second) => first.rank - second.rank || first.position - second.position)
    .map(({ name: { family, given, period: held, use } }): PersonName => {
      const givenNames = (given ?? []).filter((part) => part !== null && part.trim() !== '');
      const hasFamily = family !== undefined && family.trim() !== '';
      return {
        ...(hasFamily && { family: family.trim() }),
        given: givenNames.map((part) => (part ?? '').trim()),
        ...((use === 'old' || use === 'maiden' || held?.end !== undefined) && { historic: true }),
      };
    })
    .filter(({ family, given }) => family !== undefined || given.length > 0);
}

/** The home address, else any that is neither old nor temporary nor for bills; and where the person lived before. */
function readAddresses({
  address: addresses = [],
}: PatientParts): Pick<Demographics, 'postcode' | 'addressLine' | 'historicPostcodes'> {
  const isLeft = ({ period: held, use }: (typeof addresses)[number]) =>
    use === 'old' || held?.end !== undefined;
  const postcodeOf = ({ postalCode }: (typeof addresses)[number]) =>
    postalCode === undefined ? undefined : normalisePostcode(postalCode);
  const lived = addresses.filter(
    (address) => !isLeft(address) && address.use !== 'temp' && address.use !== 'billing',
  );
  const home = lived.find(({ use }) => use === 'home') ?? lived[0];
  const postcode = home && postcodeOf(home);
  const addressLine = (home?.line ?? []).filter((line) => line !== null && line.trim() !== '').join(', ');
  const historicPostcodes = addresses.filter(isLeft).flatMap((address) => postcodeOf(address) ?? []);
  return {
    ...(postcode !== undefined && { postcode }),
    ...(addressLine !== '' && { addressLine }),
    ...(historicPostcodes.length > 0 && { historicPostcodes }),
  };
}

function readTelecom({ telecom = [] }: PatientParts): Pick<Demographics, 'phones' | 'emails'> {
  const current = telecom.filter(({ use }) => use !== 'old');
  const valuesOf = (systems: readonly string[]) =>
    current.flatMap(({ system = '', value = '' }) =>
      systems.includes(system) && value !== '' ? [value] : [],
    );
  const phones = valuesOf(['phone', 'sms']);
  const emails = valuesOf(['email']);
  return { ...(phones.length > 0 && { phones }), ...(emails.length > 0 && { emails }) };
}

/** Digits where a birth date stands, that are no date of any calendar. */
const dateDigits = /^\d{4}-\d{2}-\d{2}$/;

function readTypedBirthDate({ birthDate, extension = [] }: PatientParts): string | undefined {
  if (birthDate !== undefined) return undefined;
  return extension.find(
    ({ url, valueString }) => url === typedBirthDateExtension && dateDigits.test(valueString ?? ''),
  )?.valueString;
}

function readDemographics(parts: PatientParts): Demographics {
  const { birthDate, gender, deceasedBoolean, deceasedDateTime, meta } = parts;
  const typedBirthDate = readTypedBirthDate(parts);
  const generalPractitioner = parts.generalPractitioner
    ?.map(({ identifier: practice }) => (practice?.system === odsCodeSystem ? practice.value : undefined))
    .find((code) => code !== undefined);
  return {
    names: readNames(parts),
    ...(birthDate !== undefined && { birthDate }),
    ...(typedBirthDate !== undefined && { typedBirthDate }),
    ...(gender !== undefined && { gender }),
    ...readAddresses(parts),
    ...readTelecom(parts),
    ...(generalPractitioner !== undefined && { generalPractitioner: generalPractitioner.toUpperCase() }),
    deceased: deceasedBoolean === true || deceasedDateTime !== undefined,
    // The day as the sender wrote it: the moment's day in another zone is not the day of death.
    ...(deceasedDateTime !== undefined && { deathDate: deceasedDateTime.slice(0, 10) }),
    restricted: (meta?.security ?? []).some(({ code }) => code === 'R' || code === 'V'),
    ...((meta?.security ?? []).some(({ code }) => code === 'REDACTED') && { invalid: true }),
  };
}

/** Reads a Patient that describes somebody, with or without a local id. */
export function describePatient(resource: unknown): ReadResult<{ readonly patient: PatientDescription }> {
  if (!isJsonObject(resource) || resource.resourceType !== 'Patient')
    return { ok: false, issues: ['Patient.resourceType: must be Patient'] };
  const parsed = patientParts.safeParse(resource);
  const issues = new Set([
    ...elementIssues(resource, 'Patient'),
    ...(parsed.success ? [] : issuesOf(parsed.error, 'Patient')),
  ]);
  const checked: unknown = resource;
  if (!parsed.success || !isPatient(checked, issues.size)) return { ok: false, issues: [...issues] };
  const parts = parsed.data;
  if (parts.deceasedBoolean !== undefined && parts.deceasedDateTime !== undefined)
    return { ok: false, issues: ['Patient.deceased: has two values'] };
  const numbers = readNhsNumbers(parts);
  if (!numbers.ok)
    return {
      ok: false,
      issues: ['Patient.identifier: has two current NHS numbers; mark the old one with use'],
    };
  const sentAt = readInstant(parts.meta?.lastUpdated ?? '');
  return {
    ok: true,
    patient: {
      ...(numbers.current !== undefined && { nhsNumber: numbers.current }),
      supersededNhsNumbers: numbers.superseded,
      demographics: readDemographics(parts),
      ...(sentAt !== undefined && { sentAt }),
      resource: checked,
    },
  };
}

/** Reads a Patient that a source sends about one of its people: `id` is the source's own name for them. */
export function readPatient(resource: unknown): ReadResult<{ readonly patient: PatientMessage }> {
  const described = describePatient(resource);
  const { id: localId } = isJsonObject(resource) ? resource : {};
  const hasId = typeof localId === 'string' && fhirIdPattern.test(localId);
  if (!described.ok || !hasId) {
    const issues = described.ok ? [] : described.issues;
    const idIssue = localId === undefined ? 'Patient.id: is missing' : 'Patient.id: must be a FHIR id';
    return {
      ok: false,
      issues: hasId ? issues : [...issues.filter((issue) => !issue.startsWith('Patient.id:')), idIssue],
    };
  }
  return { ok: true, patient: { localId, ...described.patient } };
}
