import type { Bundle, BundleEntry, BundleLink, Coding, Extension, FhirResource } from 'fhir/r4.js';
import type { MatchGrade } from '../../domain/matching/rank-candidates.ts';
import type { FieldEvidence } from '../../domain/matching/score-candidate.ts';

/** FHIR's extension for the grade of a match (http://hl7.org/fhir/R4/extension-match-grade.html). */
export const matchGradeExtension = 'http://hl7.org/fhir/StructureDefinition/match-grade';

/** Our extension that explains a match field by field. */
export const matchExplanationExtension = 'https://towpath.example/fhir/StructureDefinition/match-explanation';

/** Why and how surely an entry is a match. */
interface MatchSearch {
  /** 0 to 1. */
  readonly score: number;
  /** Of `$match` alone: a search says how closely somebody fits, not whether they are the one. */
  readonly grade?: MatchGrade;
  /** The rule or version of the weights that decided, such as the match policy's version. */
  readonly policyVersion?: string;
  /** Rows that add up to the total behind the score. */
  readonly explanation?: readonly FieldEvidence[];
  /** Why the grade is lower than the score would have it. */
  readonly guard?: string;
}

/** One entry of a {@link searchSet}. */
export interface SearchSetEntry {
  readonly fullUrl?: string;
  readonly resource: FhirResource;
  /** `match` when absent; `outcome` for an OperationOutcome about the search itself. */
  readonly mode?: 'match' | 'include' | 'outcome';
  readonly search?: MatchSearch;
}

/** What a search set is made of. */
export interface SearchSet {
  readonly entries: readonly SearchSetEntry[];
  /** Matches over all pages; left out where counting could tell of what is withheld. */
  readonly total?: number;
  /** Asked by a number alone. */
  readonly numberAlone?: boolean;
  /** Relations of RFC 8288: `self`, `next`. */
  readonly links: readonly { readonly relation: string; readonly url: string }[];
}

/** Our codes for what an answer as a whole is. */
export const answerSystem = 'https://towpath.example/fhir/CodeSystem/answer';

/**
 * Tags the answer of nobody to a number alone, whether somebody holds the number or not, as FHIR tags what is not the whole
 * (`SUBSETTED`): nobody found is not nobody there.
 */
const numberAloneTag: Coding = {
  system: answerSystem,
  code: 'number-alone',
  display:
    'An NHS number alone finds people whom your organisation is known to care for: give a birth date too.',
};

function rounded(weight: number, decimals: number): number {
  const factor = 10 ** decimals;
  // Adding 0 turns -0, which JSON cannot hold, into 0.
  return Math.round(weight * factor) / factor + 0;
}

/** Enough that the rows, added up, give the score as it is shown. */
const weightDecimals = 6;

function explain({ explanation = [], guard, policyVersion }: MatchSearch): Extension[] {
  if (explanation.length === 0 && policyVersion === undefined) return [];
  const rows = explanation.map(
    ({ field, outcome, termFrequency, weight }): Extension => ({
      url: 'field',
      extension: [
        { url: 'name', valueCode: field },
        { url: 'outcome', valueCode: outcome },
        { url: 'weight', valueDecimal: rounded(weight, weightDecimals) },
        ...(termFrequency === undefined
          ? []
          : [{ url: 'termFrequency', valueDecimal: rounded(termFrequency, weightDecimals) }]),
      ],
    }),
  );
  const policy: Extension[] =
    policyVersion === undefined ? [] : [{ url: 'policy', valueString: policyVersion }];
  const guards: Extension[] = guard === undefined ? [] : [{ url: 'guard', valueCode: guard }];
  return [{ url: matchExplanationExtension, extension: [...policy, ...guards, ...rows] }];
}

function toEntry({ fullUrl, mode = 'match', resource, search }: SearchSetEntry): BundleEntry {
  return {
    ...(fullUrl !== undefined && { fullUrl }),
    resource,
    search: {
      ...(search?.grade !== undefined && {
        extension: [{ url: matchGradeExtension, valueCode: search.grade }, ...explain(search)],
      }),
      mode,
      ...(search !== undefined && { score: rounded(search.score, 4) }),
    },
  };
}

/** A searchset Bundle. */
export function searchSet({ entries, links, numberAlone = false, total }: SearchSet): Bundle {
  return {
    resourceType: 'Bundle',
    ...(numberAlone && total === 0 && { meta: { tag: [numberAloneTag] } }),
    type: 'searchset',
    ...(total !== undefined && { total }),
    ...(links.length > 0 && { link: links.map(({ relation, url }): BundleLink => ({ relation, url })) }),
    ...(entries.length > 0 && { entry: entries.map(toEntry) }),
  };
}
