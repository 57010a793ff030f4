import type { Bundle } from 'fhir/r4.js';
import type { MatchEvidence, MatchGrade } from '../../domain/matching/rank-candidates.ts';
import { warningOutcome } from './operation-outcome.ts';
import { type GoldenPerson, writePatient } from './patient-answer.ts';
import { type SearchSetEntry, searchSet } from './search-set.ts';

interface MatchAnswerLike {
  readonly truncated: boolean;
  readonly numberAlone?: boolean;
  readonly matches: readonly {
    readonly person: GoldenPerson;
    readonly score: number;
    readonly grade: MatchGrade;
    readonly decision: { readonly policyVersion: string };
    readonly evidence?: MatchEvidence;
  }[];
}

/** The answer to `$match`: each person with score, grade and the explanation field by field. */
export function writeMatchSet(
  { matches, numberAlone = false, truncated }: MatchAnswerLike,
  baseUrl: string,
): Bundle {
  const entries: SearchSetEntry[] = matches.map(({ person, score, grade, evidence, decision }) => ({
    fullUrl: `${baseUrl}/Patient/${person.personId}`,
    resource: writePatient(person),
    search: {
      score,
      grade,
      policyVersion: decision.policyVersion,
      ...(evidence && { explanation: evidence.fields, ...(evidence.guard && { guard: evidence.guard }) }),
    },
  }));
  if (truncated)
    entries.push({
      mode: 'outcome',
      resource: warningOutcome('incomplete', 'More candidates exist than were scored: give more fields.'),
    });
  return searchSet({
    entries,
    total: matches.length,
    numberAlone,
    links: [{ relation: 'self', url: `${baseUrl}/Patient/$match` }],
  });
}
