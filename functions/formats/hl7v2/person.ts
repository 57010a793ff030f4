import type { Address, ContactPoint, HumanName, Identifier, Patient } from 'fhir/r4.js';
import { confidentialitySystem, nhsNumberSystem, odsCodeSystem } from '../fhir/identifier-systems.ts';
import { addressUses, contactSystems, genders, nameUses } from './codes.ts';
import { readIdentity, type SaidIdentity } from './identifiers.ts';
import type { Field, Repetition, Segment } from './message.ts';
import { metaOf, type Reading, readDate, readDateTime, report } from './reading.ts';

/** Parts of a Patient that one field each says; what a message leaves blank stays as it is held. */
type PatientPart =
  | 'nhs-number'
  | 'nhs-number-status'
  | 'name'
  | 'birth-date'
  | 'gender'
  | 'address'
  | 'home-phone'
  | 'work-phone'
  | 'death'
  | 'practice'
  | 'practitioner'
  | 'restriction';

/** A Patient as one message says it. */
export interface SaidPatient {
  readonly patient: Patient & { readonly id: string };
  /** The Patient as it stands after the message, where one is held already. */
  readonly complete: (said: Patient, held: Patient) => Patient;
}

const practitionerSystem = 'https://fhir.hl7.org.uk/Id/gmp-number';
const practitionerCode = /^G[0-9]{7}$/;
const organisationCode = /^[A-Z0-9]{3,10}$/;

/** The UK Core Patient of PID and PD1; undefined where PID-3 names nobody, which is reported. */
export function readPerson(
  reading: Reading,
  pid: Segment,
  pd1: Segment | undefined,
): SaidPatient | undefined {
  const identity = readIdentity(pid.field(3), reading.organisation, pid.field(32));
  if (identity.localId === undefined)
    return report(reading, pid, 3, '101', 'names no identifier of the patient');
  const unsaid = new Set<PatientPart>();
  const noted = (part: PatientPart, ...fields: readonly (Field | undefined)[]) => {
    if (fields.every((field) => field === undefined || field.state === 'blank')) unsaid.add(part);
  };
  noted('name', pid.field(5));
  noted('birth-date', pid.field(7));
  noted('gender', pid.field(8));
  noted('address', pid.field(11));
  noted('home-phone', pid.field(13));
  noted('work-phone', pid.field(14));
  noted('death', pid.field(29), pid.field(30));
  noted('restriction', pd1?.field(12));
  noted('practice', pd1?.field(3), pd1?.field(4));
  noted('practitioner', pd1?.field(4));
  if (identity.nhsNumber === undefined && !identity.isNumberDeleted) unsaid.add('nhs-number');
  if (identity.status === undefined) unsaid.add('nhs-number-status');
  const patient = { resourceType: 'Patient' as const, ...elementsOf(reading, identity, pid, pd1) };
  const id = identity.localId;
  return { patient: { ...patient, id }, complete: (said, held) => completePatient(said, held, unsaid) };
}

function elementsOf(
  reading: Reading,
  { identifiers }: SaidIdentity,
  pid: Segment,
  pd1: Segment | undefined,
): Omit<Patient, 'resourceType'> {
  const name = pid.field(5).repetitions.flatMap(toName);
  const telecom = [
    ...pid.field(13).repetitions.flatMap((one) => toContact(one, 'home')),
    ...pid.field(14).repetitions.flatMap((one) => toContact(one, 'work')),
  ];
  const address = pid.field(11).repetitions.flatMap(toAddress);
  const birthDate = readDate(reading, pid, 7);
  const gender = readGender(reading, pid);
  const generalPractitioner = [...practicesOf(pd1), ...practitionersOf(pd1)];
  const isRestricted = pd1?.field(12).value === 'Y';
  const security = [{ system: confidentialitySystem, code: 'R', display: 'restricted' }];
  const meta = { ...metaOf(reading).meta, ...(isRestricted && { security }) };
  return {
    ...(Object.keys(meta).length > 0 && { meta }),
    identifier: [...identifiers],
    ...(name.length > 0 && { name }),
    ...(telecom.length > 0 && { telecom }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
    ...readDeath(reading, pid),
    ...(address.length > 0 && { address }),
    ...(generalPractitioner.length > 0 && { generalPractitioner }),
  };
}

/** XPN; the family name's first part holds all of it. */
function toName(name: Repetition): HumanName[] {
  const family = name(1, 1);
  const given = [name(2), ...(name(3)?.split(/\s+/) ?? [])].filter((part) => part !== undefined);
  if (family === undefined && given.length === 0) return [];
  const [suffix, prefix] = [name(4), name(5)];
  return [
    {
      use: nameUses[name(7)?.toUpperCase() ?? ''] ?? 'official',
      ...(family && { family }),
      ...(given.length > 0 && { given }),
      ...(prefix && { prefix: [prefix] }),
      ...(suffix && { suffix: [suffix] }),
    },
  ];
}

/** XAD: street, second line, town, county, postcode. */
function toAddress(address: Repetition): Address[] {
  const use = addressUses[address(7)?.toUpperCase() ?? 'H'];
  if (use === 'none') return [];
  const line = [address(1, 1), address(2)].filter((part) => part !== undefined);
  const [city, district, postalCode] = [address(3), address(4), address(5)];
  if (line.length === 0 && !city && !postalCode) return [];
  return [
    {
      ...(use && { use }),
      ...(line.length > 0 && { line }),
      ...(city && { city }),
      ...(district && { district }),
      ...(postalCode && { postalCode }),
    },
  ];
}

/** XTN: the number in its first component or in parts, an address of email in its fourth. */
function toContact(contact: Repetition, place: 'home' | 'work'): ContactPoint[] {
  const equipment = contact(3)?.toUpperCase() ?? '';
  const system = contact(2)?.toUpperCase() === 'NET' ? 'email' : (contactSystems[equipment] ?? 'phone');
  const country = contact(5) && `+${contact(5)?.replace(/^\+/, '')}`;
  const inParts = [country, contact(6), contact(7)].filter((part) => part !== undefined).join(' ');
  const value = system === 'email' ? (contact(4) ?? contact(1)) : (contact(1) ?? (inParts || contact(4)));
  if (value === undefined) return [];
  return [{ system, value, use: equipment === 'CP' && place === 'home' ? 'mobile' : place }];
}

function readGender(reading: Reading, pid: Segment): Patient['gender'] {
  const { value } = pid.field(8);
  if (value === undefined) return undefined;
  return (
    genders[value.toUpperCase()] ?? report(reading, pid, 8, '103', 'is no code of the NHS or of table 0001')
  );
}

/** PID-29 and PID-30: a time of death says more than the indicator. */
function readDeath(reading: Reading, pid: Segment): Pick<Patient, 'deceasedBoolean' | 'deceasedDateTime'> {
  const deceasedDateTime = readDateTime(reading, pid, 29);
  if (deceasedDateTime) return { deceasedDateTime };
  const indicator = pid.field(30).value?.toUpperCase();
  if (indicator === undefined) return {};
  if (indicator !== 'Y' && indicator !== 'N') report(reading, pid, 30, '103', 'must be Y or N');
  return { deceasedBoolean: indicator === 'Y' };
}

type Reference = NonNullable<Patient['generalPractitioner']>[number];

/** The practice: PD1-3 (XON), or PD1-4 where a sender writes its code in the place of the doctor's. */
function practicesOf(pd1: Segment | undefined): Reference[] {
  const named = [
    ...(pd1?.field(3).repetitions ?? []).map((one) => ({
      code: one(3) ?? one(10) ?? one(1),
      display: one(1),
    })),
    ...(pd1?.field(4).repetitions ?? []).map((one) => ({ code: one(1), display: undefined })),
  ];
  const practice = named.find(
    ({ code }) => organisationCode.test(code ?? '') && !practitionerCode.test(code ?? ''),
  );
  if (!practice?.code) return [];
  const { code, display } = practice;
  return [
    {
      type: 'Organization',
      identifier: { system: odsCodeSystem, value: code },
      ...(display && display !== code && { display }),
    },
  ];
}

/** The doctor: PD1-4 (XCN) with a GMP code. */
function practitionersOf(pd1: Segment | undefined): Reference[] {
  return (pd1?.field(4).repetitions ?? []).flatMap((doctor) => {
    const code = doctor(1);
    if (!practitionerCode.test(code ?? '')) return [];
    const display = nameInWords(doctor);
    return [
      {
        type: 'Practitioner',
        identifier: { system: practitionerSystem, value: code ?? '' },
        ...(display && { display }),
      },
    ];
  });
}

/** The name in an XCN, as people write it. */
export function nameInWords(person: Repetition): string {
  return [person(6), person(3), person(4), person(2, 1)].filter((part) => part !== undefined).join(' ');
}

function completePatient(said: Patient, held: Patient, unsaid: ReadonlySet<PatientPart>): Patient {
  const keep = <Element extends keyof Patient>(part: PatientPart, ...elements: readonly Element[]) =>
    unsaid.has(part)
      ? Object.fromEntries(
          elements.flatMap((element) => (held[element] === undefined ? [] : [[element, held[element]]])),
        )
      : {};
  const telecom = [
    ...(unsaid.has('home-phone') ? (held.telecom ?? []).filter(({ use }) => use !== 'work') : []),
    ...(said.telecom ?? []),
    ...(unsaid.has('work-phone') ? (held.telecom ?? []).filter(({ use }) => use === 'work') : []),
  ];
  const generalPractitioner = [
    ...(unsaid.has('practice') ? (held.generalPractitioner ?? []).filter(isOrganization) : []),
    ...(said.generalPractitioner ?? []),
    ...(unsaid.has('practitioner')
      ? (held.generalPractitioner ?? []).filter((one) => !isOrganization(one))
      : []),
  ];
  const { generalPractitioner: _practice, telecom: _telecom, ...rest } = said;
  const security = unsaid.has('restriction') ? held.meta?.security : undefined;
  return {
    ...rest,
    ...(security && { meta: { ...said.meta, security } }),
    identifier: completeIdentifiers(said.identifier ?? [], held.identifier ?? [], unsaid),
    ...keep('name', 'name'),
    ...keep('birth-date', 'birthDate'),
    ...keep('gender', 'gender'),
    ...keep('address', 'address'),
    ...keep('death', 'deceasedBoolean', 'deceasedDateTime'),
    ...(telecom.length > 0 && { telecom }),
    ...(generalPractitioner.length > 0 && { generalPractitioner }),
  };
}

function isOrganization({ type }: Reference): boolean {
  return type === 'Organization';
}

/** Identifiers that a message does not mention stand; a number that comes without its status keeps the one it had. */
function completeIdentifiers(
  said: readonly Identifier[],
  held: readonly Identifier[],
  unsaid: ReadonlySet<PatientPart>,
): Identifier[] {
  const isNumber = ({ system, use }: Identifier) => system === nhsNumberSystem && use !== 'old';
  const before = held.find(isNumber);
  const number = said.find(isNumber);
  const isSame = number && before?.value?.replaceAll(/[ -]/g, '') === number.value?.replaceAll(/[ -]/g, '');
  const current =
    number && unsaid.has('nhs-number-status') && isSame && before?.extension
      ? { ...number, extension: before.extension }
      : (number ?? (unsaid.has('nhs-number') ? before : undefined));
  const others = said.filter((one) => !isNumber(one));
  const names = new Set(others.map(nameOf));
  return [
    ...(current ? [current] : []),
    ...others,
    ...held.filter((one) => !isNumber(one) && !names.has(nameOf(one))),
  ];
}

function nameOf({ assigner, system, type }: Identifier): string {
  return JSON.stringify([system, assigner?.identifier?.value, assigner?.display, type?.coding?.[0]?.code]);
}
