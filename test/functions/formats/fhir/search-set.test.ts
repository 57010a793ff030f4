import { describe, expect, it } from 'vitest';
import { rankCandidates } from '../../../../functions/domain/matching/rank-candidates.ts';
import {
  matchExplanationExtension,
  matchGradeExtension,
  searchSet,
} from '../../../../functions/formats/fhir/search-set.ts';

const patient = { resourceType: 'Patient', id: 'p1' } as const;

describe('searchSet', () => {
  it('writes an empty answer without entries, links or total', () => {
    expect(searchSet({ entries: [], links: [] })).toEqual({ resourceType: 'Bundle', type: 'searchset' });
  });

  it('writes links, a total and plain entries as matches', () => {
    const bundle = searchSet({
      entries: [{ fullUrl: 'https://example.org/Patient/p1', resource: patient }],
      total: 0,
      links: [{ relation: 'self', url: 'https://example.org/Patient' }],
    });
    expect(bundle).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: 0,
      link: [{ relation: 'self', url: 'https://example.org/Patient' }],
      entry: [{ fullUrl: 'https://example.org/Patient/p1', resource: patient, search: { mode: 'match' } }],
    });
  });

  it('keeps a warning apart from the matches', () => {
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'warning', code: 'suppressed' }],
    } as const;
    const bundle = searchSet({
      entries: [{ resource: { ...outcome, issue: [...outcome.issue] }, mode: 'outcome' }],
      links: [],
    });
    expect(bundle.entry?.[0]?.search).toEqual({ mode: 'outcome' });
  });

  it('gives score, grade and an explanation whose weights add up to the score', () => {
    const fields = { family: 'hall', given: ['ann'], birthDate: '1970-03-04' };
    const candidate = { personId: 'a', fields: { ...fields, given: ['anne'] } };
    const [ranked] = rankCandidates([fields], [candidate], { people: 100_000 }, false).candidates;
    if (!ranked) throw new Error('nobody was ranked');
    const { evidence } = ranked;
    const bundle = searchSet({
      entries: [
        {
          resource: patient,
          search: {
            score: evidence.score,
            grade: 'probable',
            policyVersion: 'v1',
            explanation: evidence.fields,
          },
        },
      ],
      links: [],
    });
    const search = bundle.entry?.[0]?.search;
    expect(search?.score).toBeCloseTo(evidence.score, 4);
    const [grade, explanation] = search?.extension ?? [];
    expect(grade).toEqual({ url: matchGradeExtension, valueCode: 'probable' });
    expect(explanation?.url).toBe(matchExplanationExtension);
    const [policy, ...rows] = explanation?.extension ?? [];
    expect(policy).toEqual({ url: 'policy', valueString: 'v1' });
    expect(rows.map((row) => row.extension?.[0]?.valueCode)).toEqual(
      evidence.fields.map(({ field }) => field),
    );
    expect(rows.find((row) => row.extension?.[0]?.valueCode === 'given')?.extension?.[1]?.valueCode).toBe(
      'nickname',
    );
    const total = rows.reduce((sum, row) => sum + (row.extension?.[2]?.valueDecimal ?? Number.NaN), 0);
    expect(1 / (1 + 2 ** -total)).toBeCloseTo(evidence.score, 5);
  });
});
