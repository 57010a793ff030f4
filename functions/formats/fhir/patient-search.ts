import { isRealBirthDate } from '../../domain/identity/demographics.ts';
import { parseNhsNumber } from '../../domain/identity/nhs-number.ts';
import { comparablePhone, type DateRange, type PatientSearch } from '../../domain/search/patient-search.ts';
import { hasWildcard, type SoughtText, soughtText } from '../../domain/search/sought-text.ts';
import { nhsNumberSystem } from './identifier-systems.ts';

/** The parameters of `GET /Patient` as they come, each of the type that its schema gives it. */
export interface PatientSearchParameters {
  readonly identifier?: string | undefined;
  readonly family?: string | undefined;
  readonly given?: readonly string[] | undefined;
  readonly birthdate?: readonly string[] | undefined;
  readonly 'death-date'?: readonly string[] | undefined;
  readonly gender?: PatientSearch['gender'] | undefined;
  readonly 'address-postalcode'?: string | undefined;
  /** What PDS once called it; clients still send it. */
  readonly 'address-postcode'?: string | undefined;
  readonly 'general-practitioner'?: string | undefined;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  readonly '_fuzzy-match'?: boolean | undefined;
  readonly '_exact-match'?: boolean | undefined;
  readonly _history?: boolean | undefined;
}

/** What was asked for, or which parameters are wrong and why, without their values. */
export type ReadSearch =
  | { readonly ok: true; readonly search: PatientSearch }
  | {
      readonly ok: false;
      readonly code: 'INVALID_REQUEST' | 'INVALID_NHS_NUMBER';
      readonly issues: readonly string[];
    };

/** Collects what is wrong; a parameter that is not given is nothing wrong. */
class Issues {
  readonly found: string[] = [];

  add(parameter: string, words: string): undefined {
    this.found.push(`query.${parameter}: ${words}`);
    return undefined;
  }
}

/** Reads the parameters; `today` is `YYYY-MM-DD`. */
export function readPatientSearch(parameters: PatientSearchParameters, today: string): ReadSearch {
  const issues = new Issues();
  const { gender, identifier } = parameters;
  const fuzzy = parameters['_fuzzy-match'] === true;
  const number = identifier === undefined ? undefined : readIdentifier(identifier, issues);
  if (number === 'invalid') return { ok: false, code: 'INVALID_NHS_NUMBER', issues: [] };
  const family = readName('family', parameters.family, fuzzy, issues);
  const given = (parameters.given ?? []).flatMap((text) => readGiven(text, fuzzy, issues));
  const birthDate = readRange('birthdate', parameters.birthdate, today, issues);
  const deathDate = readRange('death-date', parameters['death-date'], today, issues);
  const postcode = readPostcode(parameters, fuzzy, issues);
  const generalPractitioner = readPractice(parameters['general-practitioner'], issues);
  const phone = readPhone(parameters.phone, issues);
  const email = readEmail(parameters.email, issues);
  if (issues.found.length > 0) return { ok: false, code: 'INVALID_REQUEST', issues: issues.found };
  return {
    ok: true,
    search: {
      fuzzy,
      exactOnly: parameters['_exact-match'] === true,
      history: parameters._history === true,
      given,
      ...(number && { nhsNumber: number.nhsNumber }),
      ...(family && { family }),
      ...(birthDate && { birthDate }),
      ...(deathDate && { deathDate }),
      ...(gender !== undefined && { gender }),
      ...(postcode !== undefined && { postcode }),
      ...(generalPractitioner !== undefined && { generalPractitioner }),
      ...(phone !== undefined && { phone }),
      ...(email !== undefined && { email }),
    },
  };
}

/** `system|value` or the value alone. */
function readIdentifier(text: string, issues: Issues) {
  const bar = text.indexOf('|');
  if (bar !== -1 && text.slice(0, bar) !== nhsNumberSystem)
    return issues.add('identifier', `only ${nhsNumberSystem} is searched`);
  const parsed = parseNhsNumber(text.slice(bar + 1));
  return parsed.ok ? parsed : 'invalid';
}

function readName(
  parameter: string,
  text: string | undefined,
  fuzzy: boolean,
  issues: Issues,
): SoughtText | undefined {
  if (text === undefined) return undefined;
  const sought = soughtText(text);
  if (!sought) return issues.add(parameter, 'holds no letters');
  if (!hasWildcard(sought)) return sought;
  if (fuzzy) return issues.add(parameter, 'a fuzzy search takes no wildcard');
  return sought.parts[0].length < 2
    ? issues.add(parameter, 'a wildcard needs two letters before it')
    : sought;
}

/** Each word is sought in its place: `John Paul` is two names. */
function readGiven(text: string, fuzzy: boolean, issues: Issues): readonly SoughtText[] {
  const whole = readName('given', text, fuzzy, issues);
  if (!whole) return [];
  return whole.written.split(' ').flatMap((word) => readName('given', word, fuzzy, issues) ?? []);
}

const datePattern = /^(eq|ge|le)?([0-9]{4}-[0-9]{2}-[0-9]{2})$/;

/** One day (`eq` or nothing), an open range (`ge` or `le`), or both ends of a range. */
function readRange(
  parameter: string,
  texts: readonly string[] | undefined,
  today: string,
  issues: Issues,
): DateRange | undefined {
  if (texts === undefined) return undefined;
  let range: DateRange = {};
  for (const text of texts) {
    const [, prefix = 'eq', day = ''] = datePattern.exec(text) ?? [];
    if (day === '')
      return issues.add(parameter, 'must be YYYY-MM-DD, with eq, ge or le before it or nothing');
    if (!isRealBirthDate(day)) return issues.add(parameter, 'must be a real calendar date');
    if (prefix !== 'le' && day > today) return issues.add(parameter, 'lies in the future');
    const ends: DateRange = { ...(prefix !== 'le' && { from: day }), ...(prefix !== 'ge' && { to: day }) };
    if ((ends.from && range.from) || (ends.to && range.to)) return issues.add(parameter, 'is given twice');
    range = { ...range, ...ends };
  }
  const { from, to = today } = range;
  if (from !== undefined && from > to) return issues.add(parameter, 'the range ends before it begins');
  return { ...range, to };
}

function readPostcode(
  parameters: PatientSearchParameters,
  fuzzy: boolean,
  issues: Issues,
): string | undefined {
  const { 'address-postalcode': current, 'address-postcode': former } = parameters;
  if (current !== undefined && former !== undefined)
    return issues.add('address-postcode', 'is the former name of address-postalcode: give one of them');
  const text = (current ?? former)?.toUpperCase().replaceAll(/[\s\p{Cf}]/gu, '');
  if (text === undefined) return undefined;
  if (!/^[A-Z][A-Z0-9*]{1,11}$/.test(text)) return issues.add('address-postalcode', 'is no postcode');
  if (!text.includes('*')) return text;
  if (fuzzy) return issues.add('address-postalcode', 'a fuzzy search takes no wildcard');
  return text.indexOf('*') < 2
    ? issues.add('address-postalcode', 'a wildcard needs two letters before it')
    : text;
}

function readPractice(text: string | undefined, issues: Issues): string | undefined {
  const code = text?.slice(text.lastIndexOf('|') + 1).toUpperCase();
  if (code === undefined || /^[A-Z0-9]{3,10}$/.test(code)) return code;
  return issues.add('general-practitioner', 'must be an ODS code');
}

function readPhone(text: string | undefined, issues: Issues): string | undefined {
  if (text === undefined) return undefined;
  return comparablePhone(text) ?? issues.add('phone', 'holds fewer than six digits');
}

function readEmail(text: string | undefined, issues: Issues): string | undefined {
  const email = text?.trim().toLowerCase();
  if (email === undefined || /^[^\s@*]+@[^\s@*]+$/.test(email)) return email;
  return issues.add('email', 'must be an email address, without wildcards');
}
