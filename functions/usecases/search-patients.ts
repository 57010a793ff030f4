import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { isApplication } from '../domain/access/roles.ts';
import type { BlockingKey } from '../domain/matching/blocking-keys.ts';
import { compareSoughtNames } from '../domain/search/compare-sought-names.ts';
import { isWithin, lastResort, type PatientSearch, seeksLocation } from '../domain/search/patient-search.ts';
import { planSearch } from '../domain/search/search-plan.ts';
import { scoreSearch } from '../domain/search/search-score.ts';
import { hasWildcard } from '../domain/search/sought-text.ts';
import { type SourceDetails, searchProfile } from '../formats/fhir/search-profile.ts';
import { type CandidateSource, findCandidates } from '../store/blocking-key.ts';
import { findNhsNumberOwner } from '../store/nhs-number.ts';
import { getPersons, knownIds, type Person } from '../store/person.ts';
import { getSourceRecords } from '../store/source-record.ts';
import { instant } from '../store/store.ts';
import { isFoundByNumberAlone, refusesNumberAlone } from './number-alone.ts';
import { type Region, type Result, refuse } from './region.ts';

/** True for an NHS number without a whole birth date or a whole family name beside it: a range or a wildcard is no knowledge. */
export function asksByNumberAlone({ birthDate, family, nhsNumber }: PatientSearch): boolean {
  const knowsBirthDate = birthDate?.from !== undefined && birthDate.from === birthDate.to;
  const knowsFamily = family !== undefined && !hasWildcard(family);
  return nhsNumber !== undefined && !knowsBirthDate && !knowsFamily;
}

/** One person of the answer. */
export interface FoundPerson {
  readonly person: Person;
  /** Above 0 to 1: how closely the person fits what was asked for. */
  readonly score: number;
}

/** People whom a search may answer: PDS gives a person 50, and an application the one who fits or nobody. */
const mostForPerson = 50;

/** Items of one block that are read at most; behind them nothing can be claimed complete. */
const longestBlock = 300;

/** Source records that are read at most: two calls, and as many for their people. */
const mostSources = 200;

/**
 * Finds people by what is asked for, as PDS does, closest first. More than `maxResults` (or than can be looked through) is
 * TOO_MANY_MATCHES and names nobody. No relationship is needed to search, as none is for a match.
 */
export async function searchPatients(
  region: Region,
  caller: Caller,
  search: PatientSearch,
  maxResults?: number,
): Promise<Result<readonly FoundPerson[]>> {
  const decision = decideOperation(region.policy, caller, 'patient.match');
  if (!decision.allowed) return refuse(decision.code);
  const most = isApplication(caller.role) ? 1 : mostForPerson;
  if (maxResults !== undefined && maxResults > most && isApplication(caller.role))
    return refuse('FORBIDDEN_ROLE', { issues: ['query._max-results: an application may ask for 1 only'] });
  const plan = planSearch(search);
  const numberAlone = asksByNumberAlone(search);
  if (numberAlone && refusesNumberAlone(region, caller))
    return refuse('TOO_FEW_SEARCH_FIELDS', { issues: [plainMinimum] });
  if (plan.by === 'nothing')
    return plan.reason === 'too-few'
      ? refuse('TOO_FEW_SEARCH_FIELDS', { issues: [search.fuzzy ? fuzzyMinimum : plainMinimum] })
      : refuse('INVALID_REQUEST', { issues: [rangeTooWide] });
  const found =
    plan.by === 'nhs-number'
      ? await findByNumber(region, caller, search)
      : await findByBlocks(region, search, plan.blocks);
  if (found === 'too-many' || found.length > (maxResults ?? most)) return refuse('TOO_MANY_MATCHES');
  return { ok: true, value: found.toSorted(closestFirst) };
}

const plainMinimum = 'query: give identifier with birthdate or family, or family and birthdate';
const fuzzyMinimum =
  'query: give identifier, or family, given and birthdate, or family or given with birthdate, gender and address-postalcode';
const rangeTooWide =
  'query.birthdate: a range of more than 8 days needs a family name without wildcards, and over eight decades also a given name or a postcode';

/** People who fit alike keep the order of their NHS numbers, so that asking again shows the same list. */
function closestFirst(first: FoundPerson, second: FoundPerson): number {
  const name = ({ person }: FoundPerson) => `${person.nhsNumber ?? '~'} ${person.personId}`;
  return second.score - first.score || (name(first) < name(second) ? -1 : 1);
}

/** A superseded number leads to whoever holds its successor; a number alone, to people of the caller's own care. */
async function findByNumber(region: Region, caller: Caller, search: PatientSearch): Promise<FoundPerson[]> {
  const { store } = region;
  const owner = search.nhsNumber && (await findNhsNumberOwner(store, search.nhsNumber));
  const personId = owner ? owner.personId : undefined;
  if (asksByNumberAlone(search) && !(await isFoundByNumberAlone(region, caller, personId))) return [];
  const people = owner ? await getPersons(store, [owner.personId]) : [];
  return people.flatMap((person) => score(search, person, [], instant(store)));
}

async function findByBlocks(
  { store }: Region,
  search: PatientSearch,
  blocks: readonly BlockingKey[],
): Promise<FoundPerson[] | 'too-many'> {
  const { candidates, truncated } = await findCandidates(store, blocks, longestBlock, {
    withRestricted: !seeksLocation(search),
  });
  const widest = lastResort(search);
  const plausible = candidates.filter((candidate) => mayMeet(widest ?? search, candidate));
  if (truncated || plausible.length > mostSources) return 'too-many';
  const sources = plausible.map(({ source }) => source);
  const records = [...(await getSourceRecords(store, sources)).values()];
  const people = await getPersons(
    store,
    records.flatMap(({ personId }) => personId ?? []),
  );
  const now = instant(store);
  const fitting = (wanted: PatientSearch) =>
    people.flatMap((person) => {
      const ids = new Set(knownIds(person));
      const own = records.filter(({ personId }) => personId !== undefined && ids.has(personId));
      return score(wanted, person, own, now);
    });
  const found = fitting(search);
  return found.length === 0 && widest ? fitting(widest) : found;
}

/** Whether a record is worth reading: one of its names and its birth date fit; the person it belongs to decides the rest. */
function mayMeet(search: PatientSearch, { variants }: CandidateSource): boolean {
  const names = variants.map(({ family, given }) => ({ given, ...(family !== undefined && { family }) }));
  return (
    compareSoughtNames(search, names) !== undefined &&
    variants.some(({ birthDate }) => !search.birthDate || isWithin(search.birthDate, birthDate))
  );
}

function score(
  search: PatientSearch,
  person: Person,
  sources: readonly SourceDetails[],
  now: string,
): FoundPerson[] {
  if (person.demographics.invalid) return [];
  const closeness = scoreSearch(search, searchProfile(person, sources, now.slice(0, 10)));
  return closeness === undefined ? [] : [{ person, score: closeness }];
}
