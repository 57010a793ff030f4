import type { Patient } from 'fhir/r4.js';
import type { Demographics, PersonName } from '../../domain/identity/demographics.ts';
import { comparablePhone, type KnownValues, type SearchProfile } from '../../domain/search/patient-search.ts';

/** What is shown of a person or sent by one source: names, addresses and telecoms in full. */
type PatientDetails = Pick<Patient, 'name' | 'address' | 'telecom'>;

/** One source's record of the person, for what was known elsewhere or before. */
export interface SourceDetails {
  readonly demographics: Demographics;
  readonly patient: PatientDetails;
}

/**
 * What a search can meet of a person: the golden record is how things are; what it marks as old, and whatever linked source
 * records say otherwise, is history.
 */
export function searchProfile(
  golden: { readonly demographics: Demographics; readonly resource: PatientDetails },
  sources: readonly SourceDetails[],
  today: string,
): SearchProfile {
  const { birthDate, deathDate, gender, generalPractitioner, names, restricted } = golden.demographics;
  const everywhere = [golden.resource, ...sources.map(({ patient }) => patient)];
  const elsewhere = sources.map(({ demographics }) => demographics);
  const split = <Value>(read: (details: PatientDetails) => Dated<Value>[], more: readonly Value[] = []) => {
    const current = currentOf(read(golden.resource), today);
    return { current, historic: [...everywhere.flatMap(read).map(({ value }) => value), ...more] };
  };
  return {
    restricted,
    names: split(readNames, [...names, ...elsewhere.flatMap((one) => one.names)]),
    genders: {
      current: gender === undefined ? [] : [gender],
      historic: elsewhere.flatMap((one) => one.gender ?? []),
    },
    postcodes: withoutSpaces(
      split(readPostcodes, [
        ...(golden.demographics.historicPostcodes ?? []),
        ...elsewhere.flatMap((one) => [one.postcode ?? [], one.historicPostcodes ?? []].flat()),
      ]),
    ),
    phones: split((details) => readTelecoms(details, 'phone', comparablePhone)),
    emails: split((details) => readTelecoms(details, 'email', (text) => text.trim().toLowerCase())),
    ...(birthDate !== undefined && { birthDate }),
    ...(deathDate !== undefined && { deathDate }),
    ...(generalPractitioner !== undefined && { generalPractitioner }),
  };
}

interface Dated<Value> {
  readonly value: Value;
  readonly use: string | undefined;
  readonly end: string | undefined;
}

const formerUses: ReadonlySet<string | undefined> = new Set(['old', 'maiden']);

/** What is in use; a value whose period has ended is still the latest known where no other followed it. */
function currentOf<Value>(values: readonly Dated<Value>[], today: string): readonly Value[] {
  const inUse = values.filter(({ use }) => !formerUses.has(use));
  const lasting = inUse.filter(({ end }) => end === undefined || end.slice(0, 10) >= today);
  return (lasting.length > 0 ? lasting : inUse).map(({ value }) => value);
}

function readNames({ name: names = [] }: PatientDetails): Dated<PersonName>[] {
  return names.map(({ family, given, period, use }) => ({
    value: { given: (given ?? []).filter((part) => part), ...(family && { family }) },
    use,
    end: period?.end,
  }));
}

/** An address for bills is where the payer lives. */
function readPostcodes({ address: addresses = [] }: PatientDetails): Dated<string>[] {
  return addresses.flatMap(({ period, postalCode, use }) =>
    postalCode === undefined || use === 'billing' ? [] : [{ value: postalCode, use, end: period?.end }],
  );
}

function readTelecoms(
  { telecom: telecoms = [] }: PatientDetails,
  wanted: 'phone' | 'email',
  comparable: (text: string) => string | undefined,
): Dated<string>[] {
  return telecoms.flatMap(({ period, system, use, value: text }) => {
    // A text message goes to a phone.
    const value = text && (system === 'sms' ? 'phone' : system) === wanted ? comparable(text) : undefined;
    return value === undefined ? [] : [{ value, use, end: period?.end }];
  });
}

function withoutSpaces({ current, historic }: KnownValues<string>): KnownValues<string> {
  const compact = (text: string) => text.toUpperCase().replaceAll(/\s/g, '');
  return { current: current.map(compact), historic: historic.map(compact) };
}
