import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import { parseNhsNumber } from '../domain/identity/nhs-number.ts';
import type { ComparisonFields } from '../domain/matching/comparison-fields.ts';
import {
  type MatchGrade,
  type MatchResult,
  type RankedCandidate,
  rankCandidates,
} from '../domain/matching/rank-candidates.ts';
import { tooFewFields } from '../domain/matching/too-few-fields.ts';
import { findNhsNumberOwner } from '../store/nhs-number.ts';
import { getPerson, type Person } from '../store/person.ts';
import { candidatePeople } from './candidate-people.ts';
import { comparedWeight, crossCheck } from './cross-check.ts';
import { type Region, type Result, refuse } from './region.ts';

/** What is sought. */
export interface MatchQuery {
  readonly nhsNumberText?: string;
  readonly fields: ComparisonFields;
  readonly onlyCertainMatches: boolean;
  readonly onlySingleMatch: boolean;
  readonly count: number;
}

/** One person of the answer. */
export interface MatchedPerson {
  readonly person: Person;
  readonly score: number;
  readonly grade: MatchGrade;
  /** `nhs-number` when the number found the person; the evidence then is the cross-check of what else was given. */
  readonly foundBy: 'nhs-number' | 'demographics';
  /** The asked number was superseded by the person's current one. */
  readonly superseded: boolean;
  readonly evidence?: RankedCandidate['evidence'];
}

/** The answer to a {@link MatchQuery}. */
export interface MatchAnswer {
  readonly outcome: MatchResult['outcome'];
  readonly truncated: boolean;
  readonly matches: readonly MatchedPerson[];
}

const nobody: MatchAnswer = { outcome: 'none', truncated: false, matches: [] };

/**
 * Finds the one person, by NHS number first. A number is cross-checked with whatever else was given: demographics that
 * tell of somebody else find nobody. Restricted people are in no answer, so no query can locate them.
 */
export async function matchPatient(
  region: Region,
  caller: Caller,
  query: MatchQuery,
): Promise<Result<MatchAnswer>> {
  const decision = decideOperation(region.policy, caller, 'patient.match');
  if (!decision.allowed) return refuse(decision.code);
  let answer: MatchAnswer;
  if (query.nhsNumberText === undefined) {
    if (tooFewFields(query.fields)) return refuse('TOO_FEW_SEARCH_FIELDS');
    answer = await matchByDemographics(region, query);
  } else {
    const number = parseNhsNumber(query.nhsNumberText);
    if (!number.ok) return refuse('INVALID_NHS_NUMBER');
    const owner = await findNhsNumberOwner(region.store, number.nhsNumber);
    const person = owner && (await getPerson(region.store, owner.personId));
    answer = person ? matchNumberOwner(region, query.fields, person, owner.superseded) : nobody;
  }
  return { ok: true, value: narrow(answer, query) };
}

function matchNumberOwner(
  region: Region,
  fields: ComparisonFields,
  person: Person,
  superseded: boolean,
): MatchAnswer {
  if (person.demographics.restricted) return nobody;
  const found = { person, foundBy: 'nhs-number', superseded } as const;
  if (!hasFields(fields))
    return { outcome: 'unique', truncated: false, matches: [{ ...found, score: 1, grade: 'certain' }] };
  const best = crossCheck(region, fields, person);
  if (!best || comparedWeight(best) < 0) return nobody;
  return {
    outcome: 'unique',
    truncated: false,
    matches: [{ ...found, score: 1, grade: 'certain', evidence: best.evidence }],
  };
}

function hasFields({ family, given, birthDate, gender, postcode }: ComparisonFields): boolean {
  return given.length > 0 || [family, birthDate, gender, postcode].some((field) => field !== undefined);
}

async function matchByDemographics(region: Region, query: MatchQuery): Promise<MatchAnswer> {
  const { policy, store } = region;
  const found = await candidatePeople(region, query.fields);
  const result = rankCandidates(query.fields, found.candidates, policy.matching, found.truncated);
  const people = await Promise.all(
    result.candidates.slice(0, query.count).map(async ({ personId, score, grade, evidence }) => {
      const person = await getPerson(store, personId);
      return { person, score, grade, evidence };
    }),
  );
  const matches = people.flatMap(({ person, ...rest }) =>
    person && !person.demographics.restricted
      ? [{ person, foundBy: 'demographics' as const, superseded: false, ...rest }]
      : [],
  );
  if (matches.length === 0) return { ...nobody, truncated: found.truncated };
  return { outcome: result.outcome, truncated: result.truncated, matches };
}

function narrow(answer: MatchAnswer, query: MatchQuery): MatchAnswer {
  let matches = answer.matches;
  if (query.onlyCertainMatches) matches = matches.filter(({ grade }) => grade === 'certain');
  if (query.onlySingleMatch && answer.outcome !== 'unique') matches = [];
  if (query.onlySingleMatch) matches = matches.slice(0, 1);
  return { ...answer, matches: matches.slice(0, query.count) };
}
