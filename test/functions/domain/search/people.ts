import type { PatientSearch, SearchProfile } from '../../../../functions/domain/search/patient-search.ts';
import {
  type SoughtText,
  soughtText,
  wordsAsWritten,
} from '../../../../functions/domain/search/sought-text.ts';

/** What is sought, in short: names as typed, a day or a range. */
type Sought = Partial<Omit<PatientSearch, 'family' | 'given' | 'birthDate'>> & {
  readonly family?: string;
  readonly given?: string;
  readonly birthDate?: string | PatientSearch['birthDate'];
};

/** A text that is sought; fails for one without letters. */
export function sought(text: string): SoughtText {
  const read = soughtText(text);
  if (!read) throw new Error('nothing is sought');
  return read;
}

/** A plain search for what is given. */
export function searchFor({ family, given, birthDate, ...others }: Sought): PatientSearch {
  return {
    fuzzy: false,
    exactOnly: false,
    history: false,
    given: given === undefined ? [] : wordsAsWritten(given).map(sought),
    ...(family !== undefined && { family: sought(family) }),
    ...(birthDate !== undefined && {
      birthDate: typeof birthDate === 'string' ? { from: birthDate, to: birthDate } : birthDate,
    }),
    ...others,
  };
}

/** A person, in short: current values, with former ones behind `former`. */
interface Known {
  readonly names: readonly (readonly [family: string, ...given: string[]])[];
  readonly formerNames?: readonly (readonly [family: string, ...given: string[]])[];
  readonly postcodes?: readonly string[];
  readonly formerPostcodes?: readonly string[];
  readonly phones?: readonly string[];
  readonly formerPhones?: readonly string[];
  readonly emails?: readonly string[];
  readonly formerEmails?: readonly string[];
}

type Others = Partial<
  Pick<SearchProfile, 'birthDate' | 'deathDate' | 'generalPractitioner' | 'restricted'>
> & {
  readonly gender?: SearchProfile['genders']['current'][number];
};

/** What a search can meet of a person. */
export function profileOf(
  { names, formerNames = [], ...known }: Known,
  { gender, ...others }: Others = {},
): SearchProfile {
  const nameOf = ([family, ...given]: readonly [string, ...string[]]) => ({ family, given });
  return {
    restricted: false,
    genders: { current: gender ? [gender] : [], historic: [] },
    names: { current: names.map(nameOf), historic: formerNames.map(nameOf) },
    postcodes: { current: known.postcodes ?? [], historic: known.formerPostcodes ?? [] },
    phones: { current: known.phones ?? [], historic: known.formerPhones ?? [] },
    emails: { current: known.emails ?? [], historic: known.formerEmails ?? [] },
    ...others,
  };
}
