import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import type { MatchDecision } from '../domain/audit/audit-entry.ts';
import type { Demographics } from '../domain/identity/demographics.ts';
import { groundsOf } from '../domain/identity/link-grounds.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import { isProvenByNumber } from '../domain/identity/number-cross-check.ts';
import {
  type ComparisonFields,
  comparisonFields,
  currentFields,
} from '../domain/matching/comparison-fields.ts';
import { matchPolicy as shippedPolicy } from '../domain/matching/match-policy.ts';
import {
  comparedRows,
  type MatchEvidence,
  type MatchGrade,
  type MatchResult,
  rankCandidates,
} from '../domain/matching/rank-candidates.ts';
import { tooFewFields } from '../domain/matching/too-few-fields.ts';
import { findNhsNumberOwner } from '../store/nhs-number.ts';
import { getPerson, getPersons, type Person } from '../store/person.ts';
import { isFoundByNumberAlone, refusesNumberAlone } from './number-alone.ts';
import { type Region, type Result, refuse } from './region.ts';
import { recordsOf, searchIndex } from './search-index.ts';

/** What is sought. */
export interface MatchQuery {
  readonly nhsNumberText?: string;
  readonly demographics: Demographics;
  readonly onlyCertainMatches: boolean;
  readonly onlySingleMatch: boolean;
  readonly count: number;
}

/** One person of the answer. */
export interface MatchedPerson {
  readonly person: Person;
  readonly score: number;
  readonly grade: MatchGrade;
  /** Where a number found the person, the comparison of what else was given. */
  readonly evidence?: MatchEvidence;
  /** For the audit; its policy version says when a number found the person, and whether that was superseded. */
  readonly decision: MatchDecision;
}

/** The answer to a {@link MatchQuery}. */
export interface MatchAnswer {
  readonly outcome: MatchResult['outcome'];
  readonly truncated: boolean;
  /** Asked by a number without a birth date or a family name: who is not in the caller's care is not found. */
  readonly numberAlone?: boolean;
  readonly matches: readonly MatchedPerson[];
}

const nobody: MatchAnswer = { outcome: 'none', truncated: false, matches: [] };

/**
 * Finds the one person, by NHS number first. A number is cross-checked with whatever else was given: demographics that
 * tell of somebody else find nobody. A number alone finds people of the caller's own care, so that counting through numbers tells
 * nothing. Restricted people are in no answer, so no query can locate them.
 */
export async function matchPatient(
  region: Region,
  caller: Caller,
  query: MatchQuery,
): Promise<Result<MatchAnswer>> {
  const decision = decideOperation(region.policy, caller, 'patient.match');
  if (!decision.allowed) return refuse(decision.code);
  const fields = soughtFields(query.demographics);
  if (query.nhsNumberText === undefined) {
    if (fields.every(tooFewFields)) return refuse('TOO_FEW_SEARCH_FIELDS');
    return { ok: true, value: narrow(await matchByDemographics(region, fields), query) };
  }
  const number = parseNhsNumber(query.nhsNumberText);
  if (!number.ok) return refuse('INVALID_NHS_NUMBER');
  const numberAlone = !fields.some(
    ({ birthDate, family }) => birthDate?.length === 10 || family !== undefined,
  );
  if (numberAlone && refusesNumberAlone(region, caller)) return refuse('TOO_FEW_SEARCH_FIELDS');
  const owner = await findNhsNumberOwner(region.store, number.nhsNumber);
  const isFound = !numberAlone || (await isFoundByNumberAlone(region, caller, owner?.personId));
  const person = owner && isFound ? await getPerson(region.store, owner.personId) : undefined;
  const answer = person ? matchNumberOwner(query.demographics, fields, person, number.nhsNumber) : nobody;
  return { ok: true, value: { ...narrow(answer, query), numberAlone } };
}

/** The names by which the person is sought: an old name is asked with only where it is the only one. */
function soughtFields(demographics: Demographics): readonly ComparisonFields[] {
  const current = currentFields(demographics);
  return current.length > 0 ? current : comparisonFields(demographics);
}

function matchNumberOwner(
  demographics: Demographics,
  fields: readonly ComparisonFields[],
  person: Person,
  askedNumber: string,
): MatchAnswer {
  if (person.demographics.restricted || person.demographics.invalid) return nobody;
  if (!isProvenByNumber(demographics, person)) return nobody;
  const records = comparisonFields(person.demographics).map((variant) => ({
    personId: person.personId,
    fields: variant,
  }));
  // The number has found the person already: what else was given is compared for the reader, not for the decision.
  const [compared] = rankCandidates(fields, records, {}, false).candidates;
  const rows = compared ? comparedRows(compared.evidence) : [];
  const isCompared = rows.some(({ outcome }) => outcome !== 'missing');
  const isSuperseded = person.nhsNumber !== askedNumber;
  const policyVersion = isSuperseded ? 'nhs-number, superseded by the current one' : 'nhs-number';
  const decision = { policyVersion, score: 1, grade: 'certain' } as const;
  const match = { person, score: 1, grade: 'certain', decision } as const;
  return {
    outcome: 'unique',
    truncated: false,
    matches: [{ ...match, ...(isCompared && { evidence: { score: 1, fields: rows } }) }],
  };
}

async function matchByDemographics(
  { matchPolicy: policy = shippedPolicy, store }: Region,
  fields: readonly ComparisonFields[],
): Promise<MatchAnswer> {
  const found = await searchIndex(store, fields, { policy });
  // A record that is being registered, or is in quarantine, is nobody's yet and is shown to nobody.
  const attributed = found.candidates.filter(({ held }) => held.record?.personId !== undefined);
  const { candidates, outcome, truncated } = rankCandidates(
    fields,
    recordsOf({ candidates: attributed }),
    { people: found.people, policy },
    found.truncated,
  );
  const worthShowing = candidates.filter(({ grade }) => grade !== 'certainly-not');
  const people = await getPersons(
    store,
    worthShowing.map(({ personId }) => personId),
  );
  const personOf = new Map(people.map((person) => [person.personId, person]));
  const matches = worthShowing.flatMap((ranked): MatchedPerson[] => {
    const { evidence, grade, personId, score } = ranked;
    const person = personOf.get(personId);
    if (!person || person.demographics.restricted || person.demographics.invalid) return [];
    const grounds = groundsOf(ranked, candidates, found.people);
    const decision = { policyVersion: policy.version, score, grade, grounds };
    return [{ person, score, grade, evidence, decision }];
  });
  return matches.length === 0 ? { ...nobody, truncated } : { outcome, truncated, matches };
}

function narrow(answer: MatchAnswer, query: MatchQuery): MatchAnswer {
  let matches = answer.matches;
  if (query.onlyCertainMatches) matches = matches.filter(({ grade }) => grade === 'certain');
  if (query.onlySingleMatch && answer.outcome !== 'unique') matches = [];
  if (query.onlySingleMatch) matches = matches.slice(0, 1);
  return { ...answer, matches: matches.slice(0, query.count) };
}
